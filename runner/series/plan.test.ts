import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { beginSeries, type Cell, cellWords, planOf, resumeSeries } from './plan.ts'

const cells = (names: readonly string[]): Cell[] =>
  names.map((name, index) => ({ name, scenario: 'constant', side: null, replicas: index + 1, flags: {} }))
const settings = { local: true, sides: { a: null, b: null }, minutes: null, warmUpMs: 0, coolDownMs: 0 }

test('every repeat has each cell once; a seed gives an order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer(),
      (count, repeats, seed) => {
        const named = cells(Array.from({ length: count }, (_, index) => `c${index}`))
        const plan = planOf('sweep', named, { ...settings, repeats, seed })
        assert.equal(plan.runs.length, count * repeats)
        for (let block = 0; block < plan.runs.length; block += count) {
          const ran = plan.runs.slice(block, block + count)
          assert.equal(new Set(ran.map(({ replicas }) => replicas)).size, count)
          assert.deepEqual([...new Set(ran.map(({ repeat }) => repeat))], [block / count + 1])
        }
        assert.equal(new Set(plan.runs.map(({ cell }) => cell)).size, plan.runs.length)
        assert.deepEqual(planOf('sweep', named, { ...settings, repeats, seed }), plan)
      },
    ),
  )
  const order = (seed: number) =>
    planOf('sweep', cells(['a', 'b', 'c', 'd']), { ...settings, repeats: 5, seed }).runs.map(
      ({ cell }) => cell,
    )
  assert.notDeepEqual(order(7), order(8))
})

test('a plan is read back as it was written; anything else is refused in a sentence', async () => {
  const out = await mkdtemp(path.join(os.tmpdir(), 'las-plan-'))
  try {
    const plan = planOf('ab', cells(['a', 'b']), { ...settings, repeats: 2, seed: 1 })
    const { folder } = await beginSeries(plan, out)
    assert.match(path.basename(folder), /^\.\d+T\d+Z-ab-/)
    assert.deepEqual(await resumeSeries(folder), { folder, plan })
    const file = path.join(folder, 'sweep.json')
    const text = await readFile(file, 'utf8')
    for (const broken of [text.slice(0, -20), '[]', text.replace('"schema": 1', '"schema": 7')]) {
      await writeFile(file, broken)
      await assert.rejects(resumeSeries(folder), /sweep\.json: cannot resume: /)
    }
    await assert.rejects(resumeSeries(out), /cannot resume: no sweep\.json$/)
  } finally {
    await rm(out, { recursive: true })
  }
})

test('a run is named by what varies', () => {
  const run = { cell: '', repeat: 1, scenario: 'ramp', flags: {} }
  assert.equal(cellWords({ ...run, side: null, replicas: 1 }), 'ramp, 1 replica')
  assert.equal(cellWords({ ...run, side: 'b', replicas: 2 }), 'ramp of B, 2 replicas')
})
