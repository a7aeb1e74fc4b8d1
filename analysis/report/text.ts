import type { Figures } from '../figures.ts'
import type { Statistics } from '../statistics.ts'
import type { RunStatistics } from './runs.ts'
import { columns, stageHolds, stageName } from './table.ts'

// What fits beside a name in 80 characters.
const shown = ['requests', 'requests/s', 'errors', 'p50 ms', 'p95 ms', 'p99 ms']
const narrow = columns.filter(({ head }) => shown.includes(head))

/** The short table for a terminal, each run under its name with its verdict and reasons. */
export const text = ({ runs }: Statistics): string => runs.map(runText).join('\n')

function runText({ name, verdict, total, stages }: RunStatistics): string {
  const cells = (figures: Figures) => narrow.map(({ cell }) => cell(figures))
  const rows = [
    ['', ...narrow.map(({ head }) => head), 'SLOs hold'],
    ...(stages.length > 1
      ? stages.map((stage) => [stageName(stage), ...cells(stage), stageHolds(stage)])
      : []),
    ['all', ...cells(total), verdict.kind === 'invalid' ? '–' : verdict.kind === 'pass' ? 'yes' : 'no'],
  ]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  return [
    name,
    ...(total.requests > 0 ? lines : []),
    `verdict: ${verdict.kind}`,
    ...verdict.reasons.map((reason) => `  ${reason}`),
    '',
  ].join('\n')
}
