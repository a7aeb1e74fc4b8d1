import type { Night } from '../../formats/night.ts'
import { cellName, type NightPoint, type Series, seriesOf } from '../../runs/history.ts'

/** A series of a history by names that no other has: a cell that was run with several loads has its load in them. */
export type ExportedSeries = Series & { readonly cell: string; readonly last: NightPoint }

export function exportedSeries(nights: readonly Night[]): ExportedSeries[] {
  const all = seriesOf(nights)
  return all.flatMap((series) => {
    const last = series.points.at(-1)
    const cell = cellName(series)
    const several = all.some((other) => cellName(other) === cell && other.load !== series.load)
    const full = several ? `${cell} · ${series.load}` : cell
    return last ? [{ ...series, cell: full, name: `${full} · ${series.metric}`, last }] : []
  })
}
