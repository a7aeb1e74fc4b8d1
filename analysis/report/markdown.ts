import type { Statistics } from '../runs/statistics.ts'
import { breakpointWords, probeColumns, probeRows } from './breakpoint.ts'
import { comparedColumns, comparedRemarks, comparedRows, groupName } from './comparison.ts'
import { facts, fairness, podColumns, podRows } from './facts.ts'
import type { Picture } from './plots/svg.ts'
import { levelColumns, levelRemarks, levelRows } from './replicas.ts'
import { letter, type RunStatistics } from './runs.ts'
import { followingColumns, followingRows } from './scaling.ts'
import {
  columns,
  type FigureRow,
  intendedColumns,
  requestRows,
  serverColumns,
  stageHolds,
  stageName,
  stageRows,
} from './table.ts'

/** The report for a pull request or a terminal; the pictures are linked beside it. */
export function markdown(statistics: Statistics, pictures: readonly Picture[]): string {
  const { runs, replicas, comparison, breakpoint } = statistics
  const plots = pictures.map(({ name, title }) => `![${title}](${name}.svg)`)
  const [only, ...more] = runs
  const parts =
    only && more.length === 0
      ? [...heading(only, '#'), ...plots, ...details(only)]
      : [
          comparison
            ? `# Candidate against baseline: ${comparison.judgement}`
            : breakpoint
              ? '# Where it breaks'
              : '# Runs side by side',
          ...(comparison?.groups ?? []).flatMap((group) => [
            `## ${plain(groupName(group))}`,
            ...(group.metrics.length > 0 ? [table(comparedColumns, comparedRows(group))] : []),
            ...list(comparedRemarks(group, comparison?.effect ?? 0)),
          ]),
          ...list(comparison?.unmatched ?? []),
          ...(breakpoint ? [breakpointWords(breakpoint), table(probeColumns, probeRows(breakpoint))] : []),
          ...(replicas.length > 0
            ? [table(levelColumns, levelRows(replicas)), ...list(levelRemarks(statistics))]
            : []),
          runsTable(runs),
          ...plots,
          ...runs.flatMap((run, index) => [...heading(run, `## ${letter(index)}:`), ...details(run)]),
        ]
  return `${parts.join('\n\n')}\n`
}

const heading = ({ name, run, verdict }: RunStatistics, prefix: string): string[] => [
  `${prefix} ${plain(run ? `${run.scenario} · ${name}` : name)}`,
  `**${verdict.kind}**`,
  ...list(verdict.reasons),
]

function details(run: RunStatistics): string[] {
  const { total, stages, remarks } = run
  const rows = [
    ...stages.map((stage) => [
      stageName(stage),
      ...columns.map(({ cell }) => cell(stage)),
      stageHolds(stage),
    ]),
    ['all', ...columns.map(({ cell }) => cell(total)), ''],
  ]
  return [
    ...(total.requests > 0 ? [table(['', ...columns.map(({ head }) => head), 'SLOs hold'], rows)] : []),
    ...(run.requests.length > 0 ? [figureTable('by kind', columns, requestRows(run))] : []),
    ...(total.intended ? [figureTable('from when it was to begin', intendedColumns, stageRows(run))] : []),
    ...(total.server ? [figureTable('inside the workload', serverColumns, stageRows(run))] : []),
    ...(run.following.length > 0 ? [table(followingColumns, followingRows(run))] : []),
    ...(podRows(run).length > 0 ? [table(podColumns, podRows(run)), ...list(fairness(run))] : []),
    ...list(remarks),
    ...(run.run ? [table(['', ''], facts(run))] : []),
  ]
}

const figureTable = (name: string, heads: typeof columns, rows: readonly FigureRow[]): string =>
  table(
    [name, ...heads.map(({ head }) => head)],
    rows.map(([row, figures]) => [row, ...heads.map(({ cell }) => cell(figures))]),
  )

export const list = (lines: readonly string[]): string[] =>
  lines.length > 0 ? [lines.map((line) => `- ${plain(line)}`).join('\n')] : []

const runsTable = (runs: readonly RunStatistics[]): string =>
  table(
    ['', 'run', 'verdict', ...columns.map(({ head }) => head)],
    runs.map(({ name, verdict, total }, index) => [
      letter(index),
      name,
      verdict.kind,
      ...columns.map(({ cell }) => cell(total)),
    ]),
  )

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

// What people named (labels, URLs, files) must not turn into markup.
const plain = (text: string): string => text.replace(/[\\`*_[\]<>|]/g, '\\$&').replace(/\r?\n/g, ' ')
