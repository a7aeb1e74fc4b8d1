import { seriesLoad, stageLabel } from '../formats/load.ts'
import { number, quantity } from '../formats/words.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import type { RunStatistics } from '../run/statistics.ts'
import type { Statistics } from '../runs/statistics.ts'
import { type Block, type Column, cellText, present, type Table, tableOf } from './blocks.ts'
import { columns } from './figures.ts'
import { eachAlone, groupByRun, letter, type RunGroup } from './groups.ts'
import type { OfRuns } from './model.ts'
import { latencyPlot } from './plots/latency.ts'
import { saturationPlot } from './plots/saturation.ts'
import { runFindings, runTables, verdictTones } from './run.ts'
import { answering } from './run-finding.ts'

export function runsReport({ runs }: Statistics): OfRuns {
  const [plots, table, details] = everyRun(runs, eachAlone(runs))
  return {
    title: `${quantity(runs.length, 'run')} side by side`,
    blocks: present([
      { kind: 'finding', text: runsSentence(runs), tone: 'neutral', terminal: true },
      ...table,
      ...plots,
      ...details.map((each) => ({ ...each, terminal: true })),
    ]),
  }
}

/** How far repeats of one load differ; runs of different loads have no figure in common. */
function runsSentence(runs: readonly RunStatistics[]): string {
  const valid = runs.filter(({ verdict }) => verdict.kind !== 'invalid')
  const out = runs.length - valid.length
  const without = out > 0 ? ` ${quantity(out, 'invalid run')} left out.` : ''
  const [first] = valid
  if (!first || valid.length < 2)
    return `Nothing to compare: ${quantity(valid.length, 'valid run')}.${without}`
  const loads = new Set(valid.map(({ run }) => (run ? `${run.scenario}, ${seriesLoad(run.load)}` : '')))
  if (loads.size > 1 || !first.run || valid.some(({ requests }) => requests.length > 1))
    return `${quantity(valid.length, 'run')} of different loads or kinds of request: no figure sums them up.${without}`
  const of = valid.map((run) => answering(run) ?? run.total)
  const stage = answering(first)
  const rates = of.flatMap(({ rate }) => rate ?? [])
  const p95s = of.flatMap(({ p95Ms }) => p95Ms ?? [])
  const ranges = [
    ...(p95s.length === of.length ? [`p95 ${range(p95s)} ms`] : []),
    ...(rates.length === of.length ? [`${range(rates)} requests/s`] : []),
  ]
  const at =
    stage && new Set(of.map((each) => 'vus' in each && each.vus)).size === 1 ? ` at ${stageLabel(stage)}` : ''
  return stage && at === ''
    ? `${quantity(valid.length, 'run')} of ${first.run.scenario}: saturation at ${range(valid.flatMap(({ knee }) => knee ?? []))} VUs.${without}`
    : `${quantity(valid.length, 'run')} of ${first.run.scenario}${at}: ${ranges.join(', ')}.${without}`
}

const range = (values: readonly number[]): string => {
  const [least, most] = [number(smallest(values)), number(largest(values))]
  return least === most ? least : `${least} to ${most}`
}

// Nobody can tell apart more curves.
const mostCurves = 200

/**
 * Plots of the groups of runs, a table with a row for each run, and its details.
 * @param named what each run is called there
 */
export const everyRun = (
  runs: readonly RunStatistics[],
  groups: readonly RunGroup[],
  named: (index: number) => string = letter,
): [plots: (Block | null)[], table: Block[], details: Block[]] => {
  const group = groupByRun(groups)
  const colourOf = (run: RunStatistics) => group.get(run)?.colour ?? 'transparent'
  return [
    [groups.length > mostCurves ? null : latencyPlot(runs, groups), saturationPlot(runs, groups)],
    [runsTable(runs, colourOf, named)],
    runs.map((run, index) => ({
      kind: 'details',
      id: letter(index),
      title: [named(index), run.run?.scenario, run.name].filter(Boolean).join(' · '),
      gist: gistOf(run),
      colour: colourOf(run),
      // Made only where they are printed: of many runs no page has them.
      get blocks() {
        return [...runFindings(run), ...runTables(run)]
      },
    })),
  ]
}

/** Of an invalid run no figure. */
const gistOf = ({ verdict: { kind }, total: { rate, p95Ms } }: RunStatistics): string =>
  [
    kind,
    ...(kind === 'invalid' || rate === null ? [] : [`${number(rate)}/s`]),
    ...(kind === 'invalid' || p95Ms === null ? [] : [`p95 ${number(p95Ms)} ms`]),
  ].join(' · ')

const runsTable = (
  runs: readonly RunStatistics[],
  colourOf: (run: RunStatistics) => string,
  named: (index: number) => string,
): Table =>
  tableOf(
    'Every run',
    [...runs.entries()],
    [
      [
        'run',
        ([index, run]) => ({
          text: `${named(index)} · ${run.name}`,
          colour: colourOf(run),
          link: letter(index),
        }),
      ],
      ['verdict', ([, { verdict }]) => ({ text: verdict.kind, tone: verdictTones[verdict.kind] })],
      ...columns.map(
        ([head, cell]): Column<[number, RunStatistics]> => [
          head,
          ([, { total, verdict }]) =>
            verdict.kind === 'invalid' ? { text: cellText(cell(total)), crossed: true } : cell(total),
        ],
      ),
    ],
  )
