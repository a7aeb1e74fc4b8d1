import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { formatRun } from '../../analysis/formats/run.ts'
import type { Plan } from '../../runner/series/plan.ts'
import { commandIn, type Ended } from '../command.ts'
import { aClimb, aNight, aRun, requests, summaryText } from '../samples.ts'
import { damaged } from './damage.ts'

/** One way in: generated inputs, and what a command makes of one in an empty folder. */
export type Door<Input = unknown> = {
  readonly name: string
  readonly inputs: fc.Arbitrary<Input>
  readonly enter: (folder: string, input: Input) => Promise<Ended>
}

export const door = <Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  enter: (folder: string, input: Input) => Promise<Ended>,
): Door => ({ name, inputs, enter: (folder, input) => enter(folder, input as Input) })

/** Nothing is found on the path, no k6 starts, and no service answers at the discard port. */
export const harmless = { PATH: '/nowhere', K6_BIN: '/nowhere/k6', BASE_URL: 'http://127.0.0.1:9' }

const read = (folder: string): string[] =>
  readdirSync(path.join(import.meta.dirname, '../fixtures', folder))
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(path.join(import.meta.dirname, '../fixtures', folder, name), 'utf8'))
const summaries = [...read('k6'), ...read('foreign')].filter((text) => text.length < 60_000)
const whole = (texts: readonly string[]) => fc.constantFrom(...texts).map((text) => Buffer.from(text))
const mostly = (texts: readonly string[]) =>
  fc.oneof({ weight: 1, arbitrary: damaged(texts) }, { weight: 5, arbitrary: whole(texts) })

export function put(folder: string, name: string, content: Uint8Array | string): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

const climb = aClimb('climb', [100, 190, 250]).run
const runs = [
  aRun({ labels: { side: 'a', commit: 'x', looks: '3', cell: '1' } }),
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
  ...(climb ? [climb] : []),
].map((run) => formatRun(run))
const resultFolder = fc.record({
  run: mostly(runs),
  summary: mostly([...summaries, summaryText(requests(500))]),
})

function resultFolders(
  folder: string,
  inputs: readonly { run: Buffer; summary: Buffer }[],
  side: string,
): void {
  for (const [index, { run, summary }] of inputs.entries()) {
    put(folder, `${side}/${side}${index}/run.json`, run)
    put(folder, `${side}/${side}${index}/summary.json`, summary)
  }
}

const nights = Array.from({ length: 9 }, (_, index) =>
  aNight(index, [10, 11, index > 5 ? 30 : 12], { effect: 0.05, labels: { branch: 'main' } }),
)
const night = mostly(nights.map((each) => JSON.stringify(each)))
const acknowledged = JSON.stringify([{ series: 'constant · p95', night: 'night-6', reason: 'known' }])

const plan = JSON.stringify({
  ...{ minutes: 1, repeats: 2, effect: 0.1, unitsPerMs: 100, noise: 'noise' },
  runs: [
    { scenario: 'constant', replicas: [1], flags: { vus: 4, duration: '10s', slo: 'p95=250', quick: false } },
    { scenario: 'arrival', flags: { rate: 5, path: '/x', method: 'POST', body: '{}', header: 'a: b' } },
  ],
})
const noise = JSON.stringify({
  noise: { effect: 0.05, loads: [], recommended: { durationMs: 5000, repeats: 5, without: [] } },
})

const kinds = ['ab', 'sweep', 'noise', 'nightly'] as const
const series = kinds.map((kind): string => {
  const cell = { scenario: 'constant', side: null, replicas: 1, flags: { duration: '1s', vus: '2' } }
  const whole: Plan = {
    ...{ schema: 1, kind, local: true, sides: { a: null, b: 'http://127.0.0.1:9/' }, minutes: 1 },
    ...{ looks: 3, seed: 1, salt: 'x', warmUpMs: 1, coolDownMs: 1 },
    runs: [1, 2].map((repeat) => ({ cell: `1.${repeat}`, repeat, ...cell })),
  }
  return JSON.stringify(whole)
})

export const fileDoors: Door[] = [
  door(
    'report of summaries',
    fc.array(mostly(summaries), { minLength: 1, maxLength: 3 }),
    (folder, files) => {
      const names = files.map((file, index) => put(folder, `${index}.json`, file))
      return commandIn(folder, ['report', ...names, '--out', 'out', '--for', '100'], harmless)
    },
  ),
  door(
    'report of result folders',
    fc.array(resultFolder, { minLength: 1, maxLength: 4 }),
    (folder, inputs) => {
      resultFolders(folder, inputs, 'a')
      return commandIn(
        folder,
        ['report', ...inputs.map((_, index) => `a/a${index}`), '--out', 'out'],
        harmless,
      )
    },
  ),
  door(
    'compare',
    fc.tuple(...['a', 'b'].map(() => fc.array(resultFolder, { minLength: 1, maxLength: 5 })), fc.boolean()),
    (folder, [a, b, anyway]) => {
      resultFolders(folder, a as never, 'a')
      resultFolders(folder, b as never, 'b')
      return commandIn(
        folder,
        ['compare', 'a', 'b', ...(anyway ? ['--anyway'] : []), '--out', 'out'],
        harmless,
      )
    },
  ),
  door(
    'history',
    fc.record({
      files: fc.array(night, { minLength: 1, maxLength: 12 }),
      known: fc.option(mostly([acknowledged])),
      odd: fc.constantFrom(null, 'folder.json/x', 'note.txt', '.hidden.json', 'acknowledged.json/x'),
    }),
    (folder, { files, known, odd }) => {
      for (const [index, file] of files.entries()) put(folder, `history/${index}.json`, file)
      if (known && odd !== 'acknowledged.json/x') put(folder, 'history/acknowledged.json', known)
      if (odd) put(folder, `history/${odd}`, 'odd')
      return commandIn(folder, ['history', '--out', 'out'], harmless)
    },
  ),
  door(
    'plan of nights',
    fc.record({ file: damaged([plan]), found: mostly([noise]) }),
    (folder, { file, found }) => {
      put(folder, 'noise/report/statistics.json', found)
      return commandIn(folder, ['nightly', '--plan', put(folder, 'plan.json', file)], harmless)
    },
  ),
  door(
    'resume',
    fc.record({ verb: fc.constantFrom(...kinds), file: damaged(series), done: resultFolder }),
    (folder, { verb, file, done }) => {
      put(folder, 'series/sweep.json', file)
      put(folder, 'nightly.json', plan)
      put(folder, 'noise/report/statistics.json', noise)
      resultFolders(folder, [done], 'series')
      return commandIn(folder, [verb, '--resume', 'series'], harmless)
    },
  ),
]

/** A folder with one of each file that an order may name. */
export function prepared(folder: string): void {
  put(folder, 'nightly.json', plan.replace('"replicas":[1],', ''))
  put(folder, 'noise/report/statistics.json', noise)
  put(folder, 'series/sweep.json', series[0] ?? '')
  put(folder, 'history/0.json', JSON.stringify(nights[0]))
  put(folder, 'summary.json', summaries[0] ?? '')
  put(folder, 'data.csv', 'a,b\n1,2\n')
  put(folder, 'body', '{"a":1}')
  resultFolders(
    folder,
    [0, 1].map((index) => ({
      run: Buffer.from(runs[index] ?? ''),
      summary: Buffer.from(summaries[0] ?? ''),
    })),
    'runs',
  )
}

/** Empties a folder between two inputs. */
export function empty(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true })
}
