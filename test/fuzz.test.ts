import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { commandIn } from './command.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'fuzz-'))
after(() => rmSync(folder, { recursive: true }))

const names = ['errors-99', 'grpc-threshold-crossed', 'stage-duration-only', 'handle-thresholds-empty-array']
const texts = names.map((name) =>
  readFileSync(path.join(import.meta.dirname, `fixtures/foreign/${name}.json`), 'utf8'),
)
const odd = [null, -1, 0, 1e308, 'x', '', true, [], {}, { ok: 1 }]

/** Follows the steps into a JSON value, and puts an odd value there, or an odd name beside it. */
function mutate(value: unknown, steps: readonly number[], put: unknown, rename: boolean): void {
  if (typeof value !== 'object' || value === null) return
  const [step = 0, ...more] = steps
  const keys = Object.keys(value)
  const key = keys[step % keys.length]
  if (key === undefined) return
  const at = value as Record<string, unknown>
  if (more.length > 0 && typeof at[key] === 'object' && at[key] !== null) mutate(at[key], more, put, rename)
  else {
    const [name, held] = rename ? ['__proto__', at[key]] : [key, put]
    Object.defineProperty(at, name, { value: held, enumerable: true, configurable: true, writable: true })
  }
}

const mutation = fc.tuple(
  fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }),
  fc.constantFrom(...odd),
  fc.boolean(),
)
const damaged = fc
  .tuple(fc.constantFrom(...texts), fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([text, mutations]) => {
    const json: unknown = JSON.parse(text)
    for (const [steps, put, rename] of mutations) mutate(json, steps, structuredClone(put), rename)
    return JSON.stringify(json)
  })

// FUZZ_RUNS=10000 takes minutes.
test('no damaged summary is a fault of ours', async () => {
  const [one, two] = ['one.json', 'two.json'].map((name) => path.join(folder, name)) as [string, string]
  await fc.assert(
    fc.asyncProperty(damaged, damaged, fc.constantFrom('report', 'compare'), async (a, b, verb) => {
      writeFileSync(one, a)
      writeFileSync(two, b)
      const files = verb === 'report' ? [one] : [one, two]
      const { stderr } = await commandIn(folder, [verb, ...files, '--out', path.join(folder, 'out')])
      assert.doesNotMatch(stderr, /unexpected:|a fault of load-and-stress|\n {4}at /)
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 100) },
  )
})
