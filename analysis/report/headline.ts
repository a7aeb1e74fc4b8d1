import { stageLabel } from '../formats/load.ts'
import { orDash } from '../formats/words.ts'
import type { Figures } from '../run/figures.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { type Block, list, type Tiles } from './blocks.ts'
import { kindTiles, tilesOf } from './figures.ts'
import { answering, isClimb } from './run-finding.ts'

/** Whether requests were made over HTTP. */
export const hasRequests = ({ requests, p50Ms, p95Ms }: Figures): boolean =>
  (requests ?? p50Ms ?? p95Ms ?? 0) > 0

/** Figures of what answers: of one load or kind of request, never of a mixture. */
export function headline(run: RunStatistics): Block[] {
  const { total, stages, requests } = run
  if (!hasRequests(total)) return []
  if (requests.length > 1) return [kindTiles(requests)]
  const stage = answering(run)
  const held = isClimb(stages) ? stages.filter(({ holds }) => holds === true) : []
  const [best] = [...held].sort((a, b) => (b.rate ?? 0) - (a.rate ?? 0))
  const words =
    best &&
    best !== stage &&
    `Did the most within the SLOs: ${stageLabel(best)}, ${orDash(best.rate)} requests/s at p95 ${orDash(best.p95Ms)} ms.`
  const tiles = stage ? tilesOf(stage, ` at ${stageLabel(stage)}`) : tilesOf(total)
  return [cautioned(tiles, run), list(words)]
}

const tileOf = { rate: 'requests/s', latency: 'p95 ms' } as const

/** Tiles with the caveats of the run, each beside its figure. */
const cautioned = ({ kind, tiles }: Tiles, { caveats }: RunStatistics): Tiles => ({
  kind,
  tiles: tiles.map(([name, value]) => {
    const these = caveats.filter(({ about }) => name.startsWith(tileOf[about]))
    return these.length > 0 ? [name, value, these.map(({ text }) => text).join('; ')] : [name, value]
  }),
})

/** The caveats of a run whose tiles are by kind of request. */
export const tableNote = ({ requests, caveats }: RunStatistics): { note?: string } =>
  requests.length > 1 && caveats.length > 0
    ? { note: `${caveats.map(({ about, text }) => `${about}: ${text}`).join('; ')}.` }
    : {}
