import type { RunStatistics } from '../run/statistics.ts'
import type { Statistics } from '../runs/statistics.ts'
import { type Block, type Column, present, type Table, tableOf } from './blocks.ts'
import { columns } from './figures.ts'
import { eachAlone, groupByRun, letter, type RunGroup } from './groups.ts'
import type { OfRuns } from './model.ts'
import { latencyPlot } from './plots/latency.ts'
import { saturationPlot } from './plots/saturation.ts'
import { runTables, verdictFinding, verdictTones } from './run.ts'

export function runsReport({ runs }: Statistics): OfRuns {
  const [plots, table, details] = everyRun(runs, eachAlone(runs))
  return {
    title: `${runs.length} runs side by side`,
    blocks: present([...table, ...plots, ...details.map((each) => ({ ...each, terminal: true }))]),
  }
}

/** Plots of the groups of runs, a table with a row for each run, and its details. */
export const everyRun = (
  runs: readonly RunStatistics[],
  groups: readonly RunGroup[],
): [plots: (Block | null)[], table: Block[], details: Block[]] => {
  const group = groupByRun(groups)
  const colourOf = (run: RunStatistics) => group.get(run)?.colour ?? 'transparent'
  return [
    [groups.length > mostCurves ? null : latencyPlot(runs, groups), saturationPlot(runs, groups)],
    [runsTable(runs, colourOf)],
    runs.map((run, index) => ({
      kind: 'details',
      id: letter(index),
      title: [letter(index), run.run?.scenario, run.name].filter(Boolean).join(' · '),
      colour: colourOf(run),
      // Made only where they are printed: of many runs no page has them.
      get blocks() {
        return [verdictFinding(run), ...runTables(run)]
      },
    })),
  ]
}

// Nobody can tell apart more curves.
const mostCurves = 200

const runsTable = (runs: readonly RunStatistics[], colourOf: (run: RunStatistics) => string): Table =>
  tableOf(
    'Every run',
    [...runs.entries()],
    [
      [
        'run',
        ([index, run]) => ({
          text: `${letter(index)} · ${run.name}`,
          colour: colourOf(run),
          link: letter(index),
        }),
      ],
      ['verdict', ([, { verdict }]) => ({ text: verdict.kind, tone: verdictTones[verdict.kind] })],
      ...columns.map(
        ([head, cell]) => [head, ([, { total }]) => cell(total)] as Column<[number, RunStatistics]>,
      ),
    ],
  )
