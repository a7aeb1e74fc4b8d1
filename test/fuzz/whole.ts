import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { formatRun } from '../../analysis/formats/run.ts'
import type { Plan } from '../../runner/series/plan.ts'
import { aClimb, aNight, aRun, requests, summaryText } from '../samples.ts'

// Files as they are before they are damaged.

const fixtures = (folder: string): string[] =>
  readdirSync(path.join(import.meta.dirname, '../fixtures', folder))
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(path.join(import.meta.dirname, '../fixtures', folder, name), 'utf8'))

export const summaries: readonly string[] = [
  summaryText(requests(500, 3)),
  ...fixtures('k6'),
  ...fixtures('foreign'),
]

const climb = aClimb('climb', [100, 190, 250]).run ?? aRun()
export const runs: readonly string[] = [
  aRun({ labels: { side: 'a', commit: 'x', looks: '3', cell: '1.1' } }),
  climb,
  aRun({
    scenario: 'autoscale',
    slos: ['p95', 'rate', 'max', 'p99.9'].map((figure) => ({ figure, limit: 5 })),
    duet: { with: 'http://127.0.0.1:1', sameHost: true },
    target: {
      ...aRun().target,
      replicas: 3,
      cluster: {
        ...{ nodes: 2, image: 'x:1', cpuLimit: '500m', memoryLimit: '1Gi' },
        scaling: [0, 5].map((at) => ({ atMs: at * 1000, wanted: 1 + at, ready: 1 })),
        pods: ['a', 'b'].map((name) => ({ name, node: 'n', served: 100, cpuCores: 0.5 })),
      },
    },
  }),
].map((run) => formatRun(run))

export const nights: readonly string[] = Array.from({ length: 9 }, (_, index) =>
  JSON.stringify(aNight(index, [10, 11, index > 5 ? 30 : 12], { effect: 0.05, labels: { branch: 'main' } })),
)
export const acknowledged = JSON.stringify([{ series: 'constant · p95', night: 'night-6', reason: 'known' }])

export const plan = JSON.stringify({
  ...{ minutes: 1, repeats: 2, effect: 0.1, unitsPerMs: 100, noise: 'noise' },
  runs: [
    { scenario: 'constant', flags: { vus: 4, duration: '10s', slo: 'p95=250', quick: false } },
    { scenario: 'arrival', flags: { rate: 5, path: '/x', method: 'POST', body: '{}', header: 'a: b' } },
  ],
})
export const noise = JSON.stringify({
  noise: { effect: 0.05, loads: [], recommended: { durationMs: 5000, repeats: 5, without: [] } },
})

export const kinds = ['ab', 'sweep', 'noise', 'nightly'] as const
export function seriesOf(kind: Plan['kind']): string {
  const cell = {
    scenario: 'constant',
    side: null,
    replicas: 1,
    factors: { 'env.A': 'b' },
    flags: { duration: '1s', vus: '2' },
  }
  const whole: Plan = {
    ...{ schema: 1, kind, local: true, sides: { a: null, b: 'http://127.0.0.1:9/' }, minutes: 1 },
    ...{ looks: 3, seed: 1, salt: 'x', warmUpMs: 1, coolDownMs: 1 },
    runs: [1, 2].map((repeat) => ({ cell: `1.${repeat}`, repeat, ...cell })),
  }
  return JSON.stringify(whole)
}

export function put(folder: string, name: string, content: Uint8Array | string): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

type Content = Uint8Array | string
export function putRuns(
  folder: string,
  name: string,
  contents: readonly { run: Content; summary: Content }[],
): void {
  for (const [index, { run, summary }] of contents.entries()) {
    put(folder, `${name}/${name}${index}/run.json`, run)
    put(folder, `${name}/${name}${index}/summary.json`, summary)
  }
}

/** A folder with one of each file that an order may name. */
export function prepared(folder: string): void {
  put(folder, 'nightly.json', plan)
  put(folder, 'noise/report/statistics.json', noise)
  put(folder, 'series/sweep.json', seriesOf('ab'))
  put(folder, 'history/0.json', nights[0] ?? '')
  put(folder, 'summary.json', summaries[0] ?? '')
  put(folder, 'data.csv', 'a,b\n1,2\n')
  put(folder, 'body', '{"a":1}')
  putRuns(
    folder,
    'runs',
    [0, 1].map((index) => ({ run: runs[index] ?? '', summary: summaries[0] ?? '' })),
  )
}
