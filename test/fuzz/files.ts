import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { framed } from '../../analysis/formats/framed.ts'
import { commandIn, type Ended } from '../command.ts'
import { damaged } from './damage.ts'
import {
  acknowledged,
  kinds,
  nights,
  noise,
  plan,
  prepared,
  put,
  putRuns,
  runs,
  seriesOf,
  summaries,
} from './whole.ts'

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

/** Files of which two in so many more are damaged. */
export const mostly = (texts: readonly string[], wholes = 4, shape = { shaped: true }) =>
  fc.oneof(
    { weight: 2, arbitrary: damaged(texts, shape) },
    { weight: wholes, arbitrary: fc.constantFrom(...texts).map((text) => Buffer.from(text)) },
  )

/** With the report as a part of what is said. */
async function reported(folder: string, args: readonly string[]): Promise<Ended> {
  const ended = await commandIn(folder, args, harmless)
  const page = path.join(folder, 'out/report.md')
  return existsSync(page) ? { ...ended, stdout: ended.stdout + readFileSync(page, 'utf8') } : ended
}

const resultFolder = fc.record({ run: mostly(runs), summary: mostly(summaries) })
const side = fc.array(resultFolder, { minLength: 1, maxLength: 3 })
const alike = fc.record({ run: mostly(runs.slice(0, 1), 12), summary: mostly(summaries.slice(0, 1), 12) })
const repeats = fc.array(alike, { minLength: 5, maxLength: 7 })

const logs = summaries.flatMap((each) => [
  `level=warning msg="x"\n${framed('summary.json', each)}`,
  `level=warning msg="x"\n${each}\n`,
])
const merging = fc.oneof(
  fc.record({ file: mostly(summaries) }),
  fc.record({ file: mostly(logs, 4, { shaped: false }) }),
  fc.record({ folder: resultFolder }),
)

export const fileDoors: Door[] = [
  door('summaries', fc.array(mostly(summaries), { minLength: 1, maxLength: 3 }), (folder, files) => {
    const names = files.map((file, index) => put(folder, `${index}.json`, file))
    return reported(folder, ['report', ...names, '--out', 'out', '--for', '100'])
  }),
  door('result folders', fc.array(resultFolder, { minLength: 1, maxLength: 4 }), (folder, inputs) => {
    putRuns(folder, 'a', inputs)
    return reported(folder, ['report', ...inputs.map((_, index) => `a/a${index}`), '--out', 'out'])
  }),
  door('merges', fc.array(merging, { minLength: 1, maxLength: 4 }), async (folder, inputs) => {
    const names = inputs.map((input, index) => {
      if ('file' in input) return put(folder, `${index}.log`, input.file)
      putRuns(folder, `m${index}-`, [input.folder])
      return `m${index}-/m${index}-0`
    })
    return commandIn(folder, ['report', '--merge', ...names], harmless)
  }),
  door(
    'comparisons',
    fc.record({ a: fc.oneof(side, repeats), b: fc.oneof(side, repeats), anyway: fc.boolean() }),
    (folder, { a, b, anyway }) => {
      putRuns(folder, 'a', a)
      putRuns(folder, 'b', b)
      return reported(folder, ['compare', 'a', 'b', ...(anyway ? ['--anyway'] : []), '--out', 'out'])
    },
  ),
  door(
    'histories',
    fc.record({
      files: fc.array(mostly(nights, 12), { minLength: 1, maxLength: 14 }),
      known: fc.option(mostly([acknowledged])),
      odd: fc.constantFrom(null, 'folder.json/x', 'note.txt', '.hidden.json', 'acknowledged.json/x'),
    }),
    (folder, { files, known, odd }) => {
      for (const [index, file] of files.entries()) put(folder, `history/${index}.json`, file)
      if (known && odd !== 'acknowledged.json/x') put(folder, 'history/acknowledged.json', known)
      if (odd) put(folder, `history/${odd}`, 'odd')
      return reported(folder, ['history', '--out', 'out'])
    },
  ),
  door(
    'plans of nights',
    fc.record({ file: mostly([plan], 1), found: mostly([noise]) }),
    (folder, { file, found }) => {
      put(folder, 'noise/report/statistics.json', found)
      // Here the plan may set replicas.
      return commandIn(folder, ['nightly', '--plan', put(folder, 'plan.json', file)], {
        ...harmless,
        BASE_URL: '',
      })
    },
  ),
  door(
    'series to resume',
    fc
      .constantFrom(...kinds)
      .chain((verb) =>
        fc.record({ verb: fc.constant(verb), file: mostly([seriesOf(verb)], 1), done: resultFolder }),
      ),
    (folder, { verb, file, done }) => {
      prepared(folder)
      put(folder, 'series/sweep.json', file)
      putRuns(folder, 'series', [done])
      return commandIn(folder, [verb, '--resume', 'series'], harmless)
    },
  ),
]
