import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { readSource, type Source } from '../../analysis/formats/read.ts'
import { parseSummary } from '../../analysis/formats/summary.ts'
import { reportFiles } from '../../analysis/report/files.ts'
import { alarmsOf } from '../../analysis/runs/alarms.ts'
import { seriesOf } from '../../analysis/runs/history.ts'
import {
  breakpointStatistics,
  comparison,
  noiseStatistics,
  statistics,
} from '../../analysis/runs/statistics.ts'
import { aClimb, aNight, aProbe, aSide } from '../samples.ts'

const shop = path.join(import.meta.dirname, '../fixtures/scripts/2.2.0-shop.json')

/** A run on a cluster with `replicas` replicas and their number over time. */
function onCluster(name: string, replicas: number): Source {
  const source = aClimb(name, [1000, 1900 * replicas, 2500])
  const { run } = source
  assert.ok(run)
  const scaling = [
    { atMs: -500, wanted: 1, ready: 1 },
    { atMs: 12_000, wanted: replicas + 1, ready: 1 },
    { atMs: 16_000, wanted: replicas, ready: replicas },
  ]
  const pods = Array.from({ length: replicas }, (_, index) => ({
    name: `workload-5f6d8c-${index}`,
    node: 'node1',
    served: 900 + 200 * index,
    cpuCores: 0.2,
  }))
  const cluster = { nodes: 2, image: 'workload:1', cpuLimit: '200m', memoryLimit: '192Mi', scaling, pods }
  return { ...source, run: { ...run, target: { ...run.target, replicas, cluster } } }
}

const fixtures = path.join(import.meta.dirname, '../fixtures/runs')
async function kept(name: string) {
  const reading = await readSource(path.join(fixtures, name))
  assert.equal(reading.kind, 'source')
  return reportFiles(statistics(reading.kind === 'source' ? [reading.source] : []))
}

/** A run of an open load of so many requests a second in each stage, 10 s long. */
function open(name: string, rates: readonly number[]): Source {
  const source = aClimb(
    name,
    rates.map((rate) => 10 * rate),
  )
  assert.ok(source.run)
  const stages = source.run.load.stages.map((stage, index) => ({ ...stage, offered: rates[index] ?? null }))
  return { ...source, run: { ...source.run, scenario: name, load: { ...source.run.load, stages } } }
}

/** Nights on two machines; the last three are worse. */
const nights = Array.from({ length: 30 }, (_, index) => {
  const p95 = (index >= 27 ? 115 : 100) + (index % 5)
  const environment = { CPU: index < 5 ? 'an old CPU × 4' : 'a CPU × 4' }
  return aNight(index, [p95 - 1, p95, p95 + 2], { environment, commit: `${index}`.padStart(40, 'a') })
})
const series = seriesOf(nights)

/** The files of a report of each kind, by what it is of. */
export const reports: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  'a comparison': reportFiles(comparison(aSide('old', 0, 1), aSide('new', 1, 0.8))),
  'a sweep with a fitted law': reportFiles(
    statistics(
      [1, 2, 4, 8].flatMap((replicas) =>
        [0.98, 1, 1.01, 0.99, 1.02].map((noise, index) => {
          const requests = Math.round((noise * 1000 * replicas) / (1 + 0.05 * (replicas - 1)))
          const source = aClimb(`r${replicas}-${index}`, [requests])
          assert.ok(source.run)
          return { ...source, run: { ...source.run, target: { ...source.run.target, replicas } } }
        }),
      ),
    ),
  ),
  smoke: reportFiles(statistics([aClimb('smoke', [30])])),
  constant: reportFiles(statistics([aClimb('constant', [2000])])),
  spike: reportFiles(statistics([open('spike', [20, 100, 20])])),
  soak: reportFiles(statistics([open('soak', [20, 20, 20, 20, 20, 20])])),
  arrival: await kept('arrival'),
  mix: await kept('mix'),
  ramp: await kept('ramp'),
  'a breakpoint': reportFiles(
    breakpointStatistics(
      [20, 40, 80, 160, 120, 100, 110].map((rate) => aProbe(rate, rate > 100 ? 99 : 0)),
      { start: 20, precision: 0.02, repeat: 1 },
    ),
  ),
  'the noise': reportFiles(
    noiseStatistics([aSide('monday', 0, 1, []), aSide('tuesday', 1, 1.02, [])], { rounds: 10 }),
  ),
  'one run': reportFiles(statistics([aClimb('one', [1000, 1900, 2500])])),
  'two runs': reportFiles(statistics([aClimb('one', [1000, 1900]), aClimb('two', [1200, 1950])])),
  'a run on a cluster': reportFiles(statistics([onCluster('cluster', 4)])),
  'a sweep': reportFiles(
    statistics([1, 1, 2, 2, 4, 4].map((replicas, index) => onCluster(`run-${index}`, replicas))),
  ),
  'a history': reportFiles({
    kind: 'history',
    nights,
    series,
    alarms: alarmsOf(series, []),
    comparison: null,
    remarks: [],
  }),
  'somebody else’s script': reportFiles(
    statistics([{ name: 'shop', run: null, summary: parseSummary(await readFile(shop, 'utf8')) }]),
  ),
  'a run without figures': reportFiles(
    statistics([
      { ...aClimb('torn', [10]), summary: { kind: 'unreadable', reason: 'not whole JSON' } as const },
    ]),
  ),
}
