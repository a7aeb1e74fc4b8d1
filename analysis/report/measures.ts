import { groupWords } from '../formats/figure.ts'
import { number, orDash, percent } from '../formats/words.ts'
import type { Measures } from '../run/measures.ts'
import { families, type Measure } from '../run/metrics.ts'
import type { RunStatistics } from '../run/statistics.ts'
import {
  type Block,
  type Case,
  type Cell,
  type Column,
  cellText,
  list,
  present,
  type Table,
  tableOf,
} from './blocks.ts'
import { columns, figureTable } from './figures.ts'

const tagWords = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([tag, value]) => `${tag}:${value}`)

/** A value of that unit; times in ms, as everywhere in a report. */
const valueWords = (value: number | null, unit: Measure['unit']): string => {
  if (value === null) return '–'
  return unit === 'bytes' ? bytes(value) : number(value)
}

/** As k6 does: a kB is 1,000 bytes. */
function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  const power = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1)
  return `${number(value / 1000 ** power)} ${units[power]}`
}

/** Without the columns that have no value in any row; the first one names the row. */
function filled(table: Table): Table {
  const has = (column: number) => table.rows.some((row) => !['', '–'].includes(cellText(row[column] ?? '')))
  const kept = (_: unknown, column: number) => column === 0 || has(column)
  return { ...table, heads: table.heads.filter(kept), rows: table.rows.map((row) => row.filter(kept)) }
}

const measuredWords = ({ observed, unit }: Measures['thresholds'][number]): string =>
  `${valueWords(observed, unit)}${unit === 'ms' && observed !== null ? ' ms' : ''}`

/** A case for CI for each of the script's own limits. */
export const thresholdCases = ({ name, measures }: RunStatistics): Case[] =>
  measures.thresholds.map((threshold) => ({
    suite: 'thresholds',
    name: `${name}: ${threshold.metric} ${threshold.expression}`,
    failure: threshold.passed ? null : `crossed: measured ${measuredWords(threshold)}`,
  }))

/** The script's own limits, crossed ones first. */
export const thresholdsTable = ({ thresholds }: Measures): Table & Block => ({
  ...tableOf('Thresholds', thresholds, [
    ['metric', ({ metric }) => metric],
    [
      'result',
      ({ passed }): Cell => (passed ? { text: 'held', tone: 'good' } : { text: 'crossed', tone: 'bad' }),
    ],
    ['limit', ({ expression }) => expression],
    ['measured', measuredWords],
  ]),
  terminal: true,
})

const tagNames: Readonly<Record<string, string>> = {
  name: 'By request name',
  group: 'By group',
  scenario: 'By k6 scenario',
}

/** A table for each set of tags that requests were counted or timed by. */
const taggedTables = ({ tagged }: Measures): (Table & Block)[] =>
  tagged.map(({ by, rows }) => {
    const [only = ''] = by
    const alone = by.length === 1
    const named = rows.map(({ tags, ...row }) => ({
      ...row,
      name: !alone
        ? tagWords(tags).join(', ')
        : only === 'group'
          ? groupWords(tags.group ?? '')
          : (tags[only] ?? ''),
    }))
    const name = (alone && Object.hasOwn(tagNames, only) && tagNames[only]) || `By ${by.join(' and ')}`
    // A plot shows the names.
    const folded = alone && only === 'name' && rows.length > 1
    return { ...filled(figureTable(name, named, columns)), terminal: alone, folded }
  })

function checksTable({ checks, metrics }: Measures): Table & Block {
  const all = metrics.find(({ name, tags }) => name === 'checks' && Object.keys(tags).length === 0)
  const total =
    checks.length !== 1 && all?.type === 'rate'
      ? [{ name: 'all', group: '', passes: all.trues, fails: all.falses, share: all.share }]
      : []
  const rows = [...checks, ...total].map((row) => ({ share: null, ...row }))
  const table = tableOf('Checks', rows, [
    ['', ({ name }) => name],
    ['group', ({ group }) => groupWords(group)],
    ['succeeded', ({ passes }) => orDash(passes)],
    ['failed', ({ fails }): Cell => (fails ? { text: number(fails), tone: 'bad' } : orDash(fails))],
    ['share', ({ passes, fails, share }) => orDash(share ?? shareOf(passes, fails), percent)],
  ])
  return { ...filled(table), ...(total.length > 0 && { emphasised: checks.length }), terminal: true }
}

const shareOf = (passes: number | null, fails: number | null): number | null =>
  passes !== null && fails !== null && passes + fails > 0 ? passes / (passes + fails) : null

/** Groups that neither a check nor a figure mentions. */
const otherGroups = ({ groups, checks, tagged }: Measures): string[] => {
  const shown = new Set([
    ...checks.map(({ group }) => group),
    ...tagged.flatMap(({ rows }) => rows.flatMap(({ tags }) => tags.group ?? [])),
  ])
  return groups.filter((group) => !shown.has(group)).map(groupWords)
}

/** A plot shows the shares. */
const phasesTable = ({ phases }: Measures): Table & Block => ({
  folded: true,
  ...filled({
    ...tableOf('Where the time of a request went', phases, [
      ['', ({ name }) => name],
      ['share', ({ share }) => orDash(share, percent)],
      ['mean ms', ({ meanMs }) => orDash(meanMs)],
      ['p50 ms', ({ p50Ms }) => orDash(p50Ms)],
      ['p95 ms', ({ p95Ms }) => orDash(p95Ms)],
      ['p99 ms', ({ p99Ms }) => orDash(p99Ms)],
      ['max ms', ({ maxMs }) => orDash(maxMs)],
    ]),
    note: 'Blocked is the wait for a connection, which includes connecting and TLS; sending, waiting and receiving are the latency of all requests, failed ones too. Shares are of the means of both together.',
  }),
})

const familyNames: Record<Measure['family'], string> = {
  http: 'Other HTTP metrics',
  websocket: 'WebSocket',
  grpc: 'gRPC',
  'web vitals': 'Web vitals',
  browser: 'Browser',
  custom: 'Custom metrics',
  execution: 'Execution',
  network: 'Network',
}

const ofTrend =
  (figure: 'mean' | 'p50' | 'p90' | 'p95' | 'p99'): Column<Measure>[1] =>
  (each) =>
    each.type === 'trend' ? valueWords(each[figure], each.unit) : ''

const ofRange =
  (figure: 'min' | 'max'): Column<Measure>[1] =>
  (each) =>
    each.type === 'trend' || each.type === 'gauge' ? valueWords(each[figure], each.unit) : ''

/** A row has a cell for each figure that its type of metric has; the others stay empty. */
const measureColumns: readonly Column<Measure>[] = [
  [
    '',
    ({ name, tags, unit }) => {
      const inside = tagWords(tags).join(', ')
      return `${name}${inside && `{${inside}}`}${unit === 'ms' ? ' (ms)' : ''}`
    },
  ],
  ['count', (each) => (each.type === 'counter' ? valueWords(each.count, each.unit) : '')],
  ['per second', (each) => (each.type === 'counter' ? valueWords(each.rate, each.unit) : '')],
  ['share', (each) => (each.type === 'rate' ? rateWords(each) : '')],
  ['last', (each) => (each.type === 'gauge' ? valueWords(each.value, each.unit) : '')],
  ['min', ofRange('min')],
  ['mean', ofTrend('mean')],
  ...(['p50', 'p90', 'p95', 'p99'] as const).map((p): Column<Measure> => [p, ofTrend(p)]),
  ['max', ofRange('max')],
]

const rateWords = ({ share, trues, falses }: Measure & { type: 'rate' }): string =>
  `${orDash(share, percent)}${trues !== null && falses !== null ? ` (${number(trues)} of ${number(trues + falses)})` : ''}`

// They fit beside a name in 80 characters.
const narrow = ['', 'count', 'share', 'last', 'mean', 'p50', 'p95', 'max']

const familyTables = ({ metrics }: Measures): (Table & Block)[] =>
  families.map((family) => {
    const these = metrics.filter((each) => each.family === family && !isChecks(each))
    const aside = family === 'execution' || family === 'network'
    return { ...filled(tableOf(familyNames[family], these, measureColumns)), narrow, terminal: !aside }
  })

/** The table of checks has it. */
const isChecks = ({ name, tags }: Measure) => name === 'checks' && Object.keys(tags).length === 0

/** All that a summary says besides the figures of the run and its stages, and the script's thresholds. */
export const measureBlocks = (measures: Measures): Block[] => {
  const groups = otherGroups(measures)
  return present([
    ...taggedTables(measures),
    checksTable(measures),
    list(groups.length > 0 && `Groups without checks or figures: ${groups.join(', ')}.`),
    phasesTable(measures),
    ...familyTables(measures),
  ])
}
