import type { Figures } from '../figures.ts'
import { number, orDash, percent } from '../format.ts'
import type { StageStatistics } from '../statistics.ts'

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

/** Where the time of a request went, for a target that tells; the rest is connecting, sending and the generator's. */
export const serverColumns: typeof columns = [
  { head: 'request p50 ms', cell: ({ p50Ms }) => orDash(p50Ms) },
  { head: 'queued p50 ms', cell: ({ server }) => orDash(server?.queueP50Ms ?? null) },
  { head: 'worked p50 ms', cell: ({ server }) => orDash(server?.workP50Ms ?? null) },
  { head: 'request p95 ms', cell: ({ p95Ms }) => orDash(p95Ms) },
  { head: 'queued p95 ms', cell: ({ server }) => orDash(server?.queueP95Ms ?? null) },
  { head: 'worked p95 ms', cell: ({ server }) => orDash(server?.workP95Ms ?? null) },
]

/** `stage 3 · 8 VUs` */
export const stageName = ({ stage, vus }: StageStatistics): string =>
  vus === null ? `stage ${stage}` : `stage ${stage} · ${users(vus)}`

/** `8 VUs` */
export const users = (vus: number): string => `${vus} VU${vus === 1 ? '' : 's'}`

export const stageHolds = ({ holds }: StageStatistics): string =>
  holds === null ? '–' : holds ? 'yes' : 'no'
