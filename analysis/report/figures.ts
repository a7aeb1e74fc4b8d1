import { stageWords } from '../formats/load.ts'
import { number, orDash, percent } from '../formats/words.ts'
import type { Figures } from '../run/figures.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { type Column, cellText, type Report, type Table, type Tiles, tableOf } from './blocks.ts'

/** Figures with the name of their row; `holds` of a stage with SLOs. */
type Row = Figures & { readonly name?: string; readonly holds?: boolean | null }

const ms = (figure: 'mean' | 'p50' | 'p90' | 'p95' | 'p99' | 'p999' | 'max'): Column<Row> => [
  `${figure.replace('p999', 'p99.9')} ms`,
  (row) => orDash(row[`${figure}Ms`]),
]

/** The columns of every table of figures. */
export const columns: readonly Column<Row>[] = [
  ['requests', ({ requests }) => orDash(requests)],
  ['requests/s', ({ rate }) => orDash(rate)],
  ['errors', ({ errors }) => orDash(errors, percent)],
  ...(['mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const).map(ms),
]

// They fit beside a name in 80 characters.
const foremost = ['requests', 'requests/s', 'errors', 'p50 ms', 'p95 ms', 'p99 ms']

/** `of` names what they are of, where that is a part of the run. */
export const tilesOf = (figures: Figures, of = ''): Tiles => ({
  kind: 'tiles',
  tiles: columns.flatMap(([head, cell]) =>
    foremost.includes(head) ? [[`${head}${of}`, cellText(cell(figures))]] : [],
  ),
})

/** A tile is hardly read among more. */
const mostTiles = 6

/** Of several kinds of request, whose figures together are of none of them. */
export const kindTiles = (kinds: RunStatistics['requests']): Tiles => ({
  kind: 'tiles',
  tiles: kinds.slice(0, mostTiles).map((kind) => [`p95 ms of ${kind.name}`, orDash(kind.p95Ms)]),
})

const stageColumns: readonly Column<Row>[] = [
  ...columns,
  ['SLOs hold', ({ holds }) => (holds === undefined ? '' : holds === null ? '–' : holds ? 'yes' : 'no')],
]

export const figureTable = (name: string, rows: readonly Row[], of: readonly Column<Row>[]): Table => ({
  ...tableOf(name, rows, [['', (row) => row.name ?? ''], ...of]),
  narrow: ['', ...foremost, 'SLOs hold'],
})

/** A row for each stage, and one for the run. */
const byStage = (name: string, { stages, total }: RunStatistics, of: readonly Column<Row>[]): Table => ({
  ...figureTable(
    name,
    [...stages.map((stage) => ({ ...stage, name: stageWords(stage) })), { ...total, name: 'all' }],
    of,
  ),
  // Of several loads it is a figure of none of them.
  ...(stages.length < 2 && { emphasised: stages.length }),
})

export const stagesTable = (run: RunStatistics): Table =>
  byStage('Figures', run, run.run ? stageColumns : columns)

export const kindsTable = ({ requests }: RunStatistics): Table =>
  figureTable('By kind of request', requests, columns)

/** Of an open load: shows coordinated omission. */
export const intendedTable = (run: RunStatistics): Table => ({
  ...byStage(
    'Latency from intended start',
    run,
    (['p50', 'p95', 'p99', 'max'] as const).flatMap((figure): Column<Row>[] => [
      ms(figure),
      ['from intended', ({ intended }) => orDash(intended?.[`${figure}Ms`] ?? null)],
    ]),
  ),
  note: 'Latency from when a request was sent, and from when the rate intended it to start: what a stall costs every request that it delays.',
})

/** Of a target that reports how long a request waited and worked. */
export const serverTable = (run: RunStatistics): Table => ({
  ...byStage(
    'Inside the workload',
    run,
    (['P50', 'P95'] as const).flatMap((p): Column<Row>[] => {
      const [head, request] = ms(p === 'P50' ? 'p50' : 'p95')
      return [
        [`request ${head}`, request],
        [`queued ${head}`, ({ server }) => orDash(server?.[`queue${p}Ms`] ?? null)],
        [`worked ${head}`, ({ server }) => orDash(server?.[`work${p}Ms`] ?? null)],
      ]
    }),
  ),
  note: `Where the time went, as the workload reports it: waiting for a thread, and working. The rest of a request is connecting, sending and the generator’s time.${sampleWords(run)}`,
})

/** At high rates not every answer is read. */
const sampleWords = ({ total: { server, samples } }: RunStatistics): string =>
  server && samples !== null && server.samples < 0.95 * samples
    ? ` Queue and work times are of ${number(server.samples)} of the ${number(samples)} answers, chosen at random.`
    : ''

const recorded = [
  'requests',
  'failed',
  'errors',
  'rate',
  'samples',
  'meanMs',
  'minMs',
  'p50Ms',
  'p90Ms',
  'p95Ms',
  'p99Ms',
  'p999Ms',
  'maxMs',
] as const

/** A head and a record for each run; empty cells where there is no answer. `side` is of a comparison. */
export const runRecords = (
  runs: readonly RunStatistics[],
  side: (run: RunStatistics) => string = () => '',
): Report['records'] => [
  ['run', 'side', 'scenario', 'replicas', 'commit', 'startedAt', 'verdict', ...recorded],
  ...runs.map((each) => [
    each.name,
    side(each),
    each.run?.scenario ?? '',
    each.run?.target.replicas ?? '',
    each.run?.commit ?? '',
    each.run?.startedAt ?? '',
    each.verdict.kind,
    ...recorded.map((figure) => each.total[figure] ?? ''),
  ]),
]
