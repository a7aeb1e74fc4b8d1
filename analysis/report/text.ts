import type { Figures } from '../figures.ts'
import type { Level } from '../replicas.ts'
import type { Statistics } from '../statistics.ts'
import { levelColumns, levelRemark, levelRows } from './replicas.ts'
import type { RunStatistics } from './runs.ts'
import { columns, stageHolds, stageName } from './table.ts'

// What fits beside a name in 80 characters.
const shown = ['requests', 'requests/s', 'errors', 'p50 ms', 'p95 ms', 'p99 ms']
const narrow = columns.filter(({ head }) => shown.includes(head))

/** The short table for a terminal: by replicas where there are several, else each run under its name. */
export const text = ({ runs, replicas }: Statistics): string =>
  replicas.length > 0 ? levelsText(runs, replicas) : runs.map(runText).join('\n')

function levelsText(runs: readonly RunStatistics[], levels: readonly Level[]): string {
  const troubled = runs.filter(({ verdict }) => verdict.kind !== 'pass')
  return [
    ...aligned([[...levelColumns], ...levelRows(levels)]),
    levelRemark(levels),
    ...troubled.flatMap(({ name, verdict }) => [
      `${name}: ${verdict.kind}`,
      ...verdict.reasons.map((reason) => `  ${reason}`),
    ]),
    '',
  ].join('\n')
}

/** Rows as lines, in columns; the first to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}

function runText({ name, verdict, total, stages }: RunStatistics): string {
  const cells = (figures: Figures) => narrow.map(({ cell }) => cell(figures))
  const rows = [
    ['', ...narrow.map(({ head }) => head), 'SLOs hold'],
    ...(stages.length > 1
      ? stages.map((stage) => [stageName(stage), ...cells(stage), stageHolds(stage)])
      : []),
    ['all', ...cells(total), verdict.kind === 'invalid' ? '–' : verdict.kind === 'pass' ? 'yes' : 'no'],
  ]
  const lines = aligned(rows)
  return [
    name,
    ...(total.requests > 0 ? lines : []),
    `verdict: ${verdict.kind}`,
    ...verdict.reasons.map((reason) => `  ${reason}`),
    '',
  ].join('\n')
}
