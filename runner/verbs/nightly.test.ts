import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { noiseStatistics } from '../../analysis/runs/statistics.ts'
import { aRun, aSummary, requests } from '../../test/samples.ts'
import { NightlyPlan, readNightlyPlan } from '../series/nightly-plan.ts'

test('the schema that editors read is the one that is checked; UPDATE=1 writes it anew', () => {
  const file = path.join(import.meta.dirname, '../nightly.schema.json')
  const schema = `${JSON.stringify(z.toJSONSchema(NightlyPlan, { io: 'input' }), null, 2)}\n`
  if (process.env.UPDATE) writeFileSync(file, schema)
  assert.equal(readFileSync(file, 'utf8'), schema)
})

test('the plan of this project is one', () => {
  const plan = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../nightly.json'), 'utf8'))
  assert.equal(NightlyPlan.parse(plan).repeats, 5)
})

test('a plan takes repeats and durations from a noise series where it gives none', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'las-plan-'))
  try {
    const runs = [0, 1, 2].map((index) =>
      runStatistics({
        name: `${index}`,
        run: aRun(),
        summary: { kind: 'summary', summary: aSummary(requests(1000 + index)) },
      }),
    )
    const report = path.join(folder, 'noise', 'report')
    mkdirSync(report, { recursive: true })
    writeFileSync(
      path.join(report, 'statistics.json'),
      JSON.stringify(noiseStatistics([runs], { rounds: 3 })),
    )
    const plan = async (more: object) => {
      const file = path.join(folder, 'plan.json')
      const entries = [{ scenario: 'constant' }, { scenario: 'arrival', flags: { duration: '3s' } }]
      writeFileSync(file, JSON.stringify({ runs: entries, ...more }))
      const { repeats, runs } = await readNightlyPlan(file)
      return [repeats, ...runs.map(({ flags }) => flags.duration)]
    }
    assert.deepEqual(await plan({}), [5, undefined, '3s'])
    assert.deepEqual(await plan({ noise: 'noise' }), [5, '10000ms', '3s'])
    assert.deepEqual(await plan({ noise: 'noise', repeats: 7 }), [7, '10000ms', '3s'])
    assert.deepEqual(await plan({ figures: 'p50{name:pay},rate{check:paid}' }), [5, undefined, '3s'])
    await assert.rejects(plan({ figures: 'p50' }), /plan\.json: "figures": "p50" is not a figure; write p95/)
    await assert.rejects(plan({ noise: 'nowhere' }), /nowhere.*no such file; "noise" in the plan names/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
