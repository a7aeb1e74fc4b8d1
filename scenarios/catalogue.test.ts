import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import packageJson from '../package.json' with { type: 'json' }
import { bundle } from '../runner/k6/bundle.ts'
import { scenarioOf } from '../runner/load/script.ts'
import { inspected } from '../test/script.ts'
import { catalogue, scenarioNames as names } from './catalogue.ts'

test('the catalogue has an entry for each script, and each entry a script', () => {
  const scripts = readdirSync(import.meta.dirname)
    .filter((file) => /^[\w-]+\.ts$/.test(file) && !['catalogue.ts', 'index.ts'].includes(file))
    .map((file) => path.basename(file, '.ts'))
  assert.deepEqual([...names].sort(), scripts.sort())
})

test('package.json has a script for each scenario, and no other but the breakpoint', () => {
  const commands = Object.entries(packageJson.scripts).filter(([name]) => name.startsWith('scenario:'))
  assert.deepEqual(
    commands.filter(([name]) => name !== 'scenario:breakpoint').sort(),
    names.map((name) => [`scenario:${name}`, `node runner/bin.js run ${name}`]).sort(),
  )
})

test('docs/running.md lists the load and the question of each scenario', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../docs/running.md'), 'utf8')
  const table = /^\| `npm run scenario:…`(.*\n)+?\n/m.exec(page)?.[0] ?? ''
  const rows = [...table.matchAll(/^\| `(\w+)` +\|(.*)\|(.*)\|$/gm)]
    .map((row) => row.slice(1).map((cell) => cell.trim()))
    .filter(([name]) => name !== 'breakpoint')
  assert.deepEqual(
    rows,
    Object.entries(catalogue).map(([name, { load, question }]) => [name, load, question]),
  )
})

test('an unknown scenario is refused with the names of those available', () => {
  for (const name of names) assert.equal(scenarioOf(name), name)
  for (const name of ['rump', '', 'toString', 'catalogue', '../workload/main'])
    assert.throws(
      () => scenarioOf(name),
      (error: Error) =>
        error.message ===
        `unknown scenario "${name}"; available: ${names.join(', ')}, or a k6 script such as ./checkout.ts`,
    )
})

for (const name of names) {
  const { model, sizes, sizedBy, load } = catalogue[name]
  test(`${name}: k6 accepts the script, with executors of the ${model} model and the size in the catalogue`, async () => {
    const script = await bundle(name)
    const stages = async (env: Record<string, string> = {}) =>
      Object.values((await inspected(script, { BASE_URL: 'http://127.0.0.1:1', ...env })).scenarios)
    const plain = await stages()
    const executor = model === 'open' ? 'constant-arrival-rate' : 'constant-vus'
    assert.deepEqual([...new Set(plain.map((stage) => stage.executor))], [executor])

    const size = model === 'open' ? 'rate' : 'vus'
    assert.equal(Math.max(...plain.map((stage) => Number(stage[size]))), sizes[size])
    assert.ok(load.includes(String(sizes[size])))
    assert.equal(sizes[size === 'rate' ? 'vus' : 'rate'], undefined)

    // Each option that should set the size changes what k6 reads, and the others do not.
    for (const [option, env] of Object.entries({
      vus: { LAS_VUS: '40' },
      rate: { LAS_RATE: '40' },
      stages: { LAS_STAGES: '3,40' },
    }))
      assert.equal(
        JSON.stringify(await stages(env)) !== JSON.stringify(plain),
        (sizedBy as readonly string[]).includes(option),
        option,
      )
    assert.equal(sizes.mix !== undefined, (sizedBy as readonly string[]).includes('mix'))
  })
}
