import { number, orDash, percent } from '../formats/words.ts'
import type { Figures } from '../run/figures.ts'
import type { StageStatistics } from '../run/stages.ts'
import type { RunStatistics } from '../run/statistics.ts'

/** The columns that every table of figures has, in every format. */
export const columns: readonly { readonly head: string; readonly cell: (figures: Figures) => string }[] = [
  { head: 'requests', cell: ({ requests }) => number(requests) },
  { head: 'requests/s', cell: ({ rate }) => orDash(rate) },
  { head: 'errors', cell: ({ errors }) => orDash(errors, percent) },
  { head: 'mean ms', cell: ({ meanMs }) => orDash(meanMs) },
  { head: 'p50 ms', cell: ({ p50Ms }) => orDash(p50Ms) },
  { head: 'p90 ms', cell: ({ p90Ms }) => orDash(p90Ms) },
  { head: 'p95 ms', cell: ({ p95Ms }) => orDash(p95Ms) },
  { head: 'p99 ms', cell: ({ p99Ms }) => orDash(p99Ms) },
  { head: 'p99.9 ms', cell: ({ p999Ms }) => orDash(p999Ms) },
  { head: 'max ms', cell: ({ maxMs }) => orDash(maxMs) },
]

/** A table's rows: a name, and the figures that the columns take their cells from. */
export type FigureRow = readonly [name: string, figures: Figures]

/** One a stage, and one of all. */
export const stageRows = ({ stages, total }: Pick<RunStatistics, 'stages' | 'total'>): FigureRow[] => [
  ...stages.map((stage): FigureRow => [stageName(stage), stage]),
  ['all', total],
]

/** One a kind of request. */
export const requestRows = ({ requests }: Pick<RunStatistics, 'requests'>): FigureRow[] =>
  requests.map((each): FigureRow => [each.name, each])

/** Of an open load: latency from when a request was sent, and from when it was to be. */
export const intendedColumns: typeof columns = [
  { head: 'p50 ms', cell: ({ p50Ms }) => orDash(p50Ms) },
  { head: 'from intended', cell: ({ intended }) => orDash(intended?.p50Ms ?? null) },
  { head: 'p95 ms', cell: ({ p95Ms }) => orDash(p95Ms) },
  { head: 'from intended', cell: ({ intended }) => orDash(intended?.p95Ms ?? null) },
  { head: 'p99 ms', cell: ({ p99Ms }) => orDash(p99Ms) },
  { head: 'from intended', cell: ({ intended }) => orDash(intended?.p99Ms ?? null) },
  { head: 'max ms', cell: ({ maxMs }) => orDash(maxMs) },
  { head: 'from intended', cell: ({ intended }) => orDash(intended?.maxMs ?? null) },
]

/** Where the time of a request went, for a target that tells; the rest is connecting, sending and the generator's. */
export const serverColumns: typeof columns = [
  { head: 'request p50 ms', cell: ({ p50Ms }) => orDash(p50Ms) },
  { head: 'queued p50 ms', cell: ({ server }) => orDash(server?.queueP50Ms ?? null) },
  { head: 'worked p50 ms', cell: ({ server }) => orDash(server?.workP50Ms ?? null) },
  { head: 'request p95 ms', cell: ({ p95Ms }) => orDash(p95Ms) },
  { head: 'queued p95 ms', cell: ({ server }) => orDash(server?.queueP95Ms ?? null) },
  { head: 'worked p95 ms', cell: ({ server }) => orDash(server?.workP95Ms ?? null) },
]

/** `stage 3 · 8 VUs`, or `stage 3 · 50/s` of an open load. */
export const stageName = (stage: StageStatistics): string => {
  const size = stageSize(stage)
  return size === null ? `stage ${stage.stage}` : `stage ${stage.stage} · ${size}`
}

/** `8 VUs`, or `50/s`; null where it is not known. */
export const stageSize = ({ vus, offered }: StageStatistics): string | null =>
  offered !== null ? `${number(offered)}/s` : vus === null ? null : users(vus)

/** `8 VUs` */
export const users = (vus: number): string => `${vus} VU${vus === 1 ? '' : 's'}`

export const stageHolds = ({ holds }: StageStatistics): string =>
  holds === null ? '–' : holds ? 'yes' : 'no'
