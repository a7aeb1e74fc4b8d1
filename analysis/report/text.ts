import type { Figures } from '../run/figures.ts'
import type { Comparison } from '../runs/compare.ts'
import type { Statistics } from '../runs/statistics.ts'
import { breakpointWords, probeColumns, probeRows } from './breakpoint.ts'
import { comparedColumns, comparedRemarks, comparedRows, groupName } from './comparison.ts'
import { levelColumns, levelRemarks, levelRows } from './replicas.ts'
import type { RunStatistics } from './runs.ts'
import { columns, requestRows, stageHolds, stageName } from './table.ts'

// What fits beside a name in 80 characters.
const shown = ['requests', 'requests/s', 'errors', 'p50 ms', 'p95 ms', 'p99 ms']
const narrow = columns.filter(({ head }) => shown.includes(head))

/** The short table for a terminal: of a comparison, by replicas where there are several, else each run under its name. */
export function text(statistics: Statistics): string {
  const { comparison, breakpoint } = statistics
  if (comparison) return comparisonText(comparison)
  if (breakpoint)
    return [...aligned([[...probeColumns], ...probeRows(breakpoint)]), breakpointWords(breakpoint), ''].join(
      '\n',
    )
  return statistics.replicas.length > 0 ? levelsText(statistics) : statistics.runs.map(runText).join('\n')
}

function comparisonText({ groups, unmatched, effect, judgement }: Comparison): string {
  return [
    ...groups.flatMap((group) => [
      groupName(group),
      ...(group.metrics.length > 0 ? aligned([[...comparedColumns], ...comparedRows(group)]) : []),
      ...comparedRemarks(group, effect),
      '',
    ]),
    ...unmatched,
    `judgement: ${judgement}`,
    '',
  ].join('\n')
}

function levelsText(statistics: Statistics): string {
  const troubled = statistics.runs.filter(({ verdict }) => verdict.kind !== 'pass')
  return [
    ...aligned([[...levelColumns], ...levelRows(statistics.replicas)]),
    ...levelRemarks(statistics),
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

function runText(run: RunStatistics): string {
  const { name, verdict, total, stages } = run
  const cells = (figures: Figures) => narrow.map(({ cell }) => cell(figures))
  const rows = [
    ['', ...narrow.map(({ head }) => head), 'SLOs hold'],
    ...(stages.length > 1
      ? stages.map((stage) => [stageName(stage), ...cells(stage), stageHolds(stage)])
      : []),
    ...requestRows(run).map(([kind, figures]) => [kind, ...cells(figures), '']),
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
