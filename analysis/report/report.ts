import type { Statistics } from '../runs/statistics.ts'
import { breakpointPicture } from './breakpoint.ts'
import { forest } from './comparison.ts'
import { runsCsv } from './csv.ts'
import { markdown } from './markdown.ts'
import { page } from './page.ts'
import { latencyCurve } from './plots/latency-curve.ts'
import { saturation } from './plots/saturation.ts'
import type { Picture } from './plots/svg.ts'
import { timeline } from './plots/timeline.ts'
import { replicasPicture } from './replicas.ts'
import { scalingPicture } from './scaling.ts'

/** Every file of a report by its name: the page, the pictures, Markdown and the figures. */
export function reportFiles(statistics: Statistics): Map<string, string> {
  const { runs, comparison } = statistics
  const [only] = runs
  const pictures = [
    replicasPicture(statistics),
    comparison && forest(comparison),
    breakpointPicture(statistics),
    latencyCurve(statistics),
    saturation(statistics),
    // Side by side, what happened when says little and takes much room.
    ...(runs.length === 1 && only ? [scalingPicture(only), timeline(only)] : []),
  ].filter((picture): picture is Picture => picture !== null)
  return new Map([
    ['index.html', page(statistics, pictures)],
    ['report.md', markdown(statistics, pictures)],
    ['statistics.json', `${JSON.stringify(statistics, null, 2)}\n`],
    ['runs.csv', runsCsv(statistics)],
    ...pictures.map(({ name, svg }): [string, string] => [`${name}.svg`, svg]),
  ])
}
