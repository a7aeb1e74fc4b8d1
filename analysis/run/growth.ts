import { mean, median } from 'simple-statistics'
import { z } from 'zod'
import { plannedMs } from '../formats/load.ts'
import type { Period, Timeline } from '../formats/timeline.ts'
import { slopeOf } from '../numbers/slope.ts'
import { answered, type Stages, segments } from './periods.ts'

const figures = ['p50', 'p95', 'errors', 'targetMemory', 'targetCpu', 'generatorCpu'] as const

export const Growth = z.object({
  periods: z.number().describe('of the load, without the first'),
  windows: z.number().describe('in which these were put together; 0 where there are too few'),
  figures: z.array(
    z.object({
      figure: z.enum(figures),
      from: z.number().describe('at the start of the run, on the line of its trend; ms, share, MiB or cores'),
      to: z.number().describe('at its end'),
      by: z
        .number()
        .describe('how much larger at the end: 0.2 is 20 %; of errors the difference of the shares'),
      low: z.number().describe('lower end of its 95 % interval'),
      high: z.number(),
      grew: z.boolean().describe('whether it grew by a size worth saying, and not by chance'),
    }),
  ),
})
/** Whether anything grew during a run of one load. */
export type Growth = z.infer<typeof Growth>

/** Of the interval that must lie above 0, chosen by simulation with the least growth: see the test and bench/time.ts. */
const certain = 0.999
const shown = 0.95

/** Less over the whole run is not worth saying: relative, and of errors the difference. */
const leastGrowth = 0.05
const leastErrors = 0.005

/** The fewest periods that a trend is looked for in. */
export const fewestPeriods = 20

/** Twenty windows of at least two periods, or ten. */
const windowsOf = (periods: number): number => (periods >= 40 ? 20 : periods >= fewestPeriods ? 10 : 0)

/**
 * The trend of each known figure over a run, by the Theil–Sen slope of windows of periods (their median; of errors the
 * mean), of logarithms where it is relative: with twenty windows, or ten where there are fewer than forty periods, and
 * none for fewer than twenty. A figure grew where its 99.9 % interval is above 0 and it grew by 5 % over the run, errors by
 * half a percentage point.
 */
export function growth({ periods }: Timeline, stages: Stages): Growth {
  // Its stages are windows of one load.
  const [loaded] = segments(periods, [{ startMs: 0, durationMs: plannedMs(stages) }])
  // Connections are opened in the first.
  const judged = loaded?.periods.slice(1) ?? []
  const count = windowsOf(judged.length)
  const windows = Array.from({ length: count }, (_, index) => {
    const at = (edge: number) => Math.round((edge * judged.length) / count)
    return judged.slice(at(index), at(index + 1))
  })
  return {
    periods: judged.length,
    windows: count,
    figures: figures.flatMap((figure) => {
      const found = trendOf(figure, windows)
      return found ? [{ figure, ...found }] : []
    }),
  }
}

type Figure = (typeof figures)[number]

const values: Record<Figure, (period: Period) => number | null> = {
  p50: (period) => answered(period)?.p50 ?? null,
  p95: (period) => answered(period)?.p95 ?? null,
  errors: ({ failed }) => failed,
  targetMemory: ({ targetMemoryMiB }) => targetMemoryMiB,
  targetCpu: ({ targetCores }) => targetCores,
  generatorCpu: ({ generatorCores }) => generatorCores,
}

/** Null unless each window knows the figure. */
function trendOf(
  figure: Figure,
  windows: readonly (readonly Period[])[],
): Omit<Growth['figures'][number], 'figure'> | null {
  const relative = figure !== 'errors'
  const middles: number[] = []
  for (const window of windows) {
    const known = window.flatMap((period) => values[figure](period) ?? [])
    const middle = known.length === 0 ? null : relative ? median(known) : mean(known)
    if (middle === null || (relative && middle <= 0)) return null
    middles.push(relative ? Math.log(middle) : middle)
  }
  const steps = windows.length
  const [slope, sure] = [shown, certain].map((confidence) => slopeOf(middles, confidence))
  if (!slope || !sure) return null
  const start = median(middles) - (slope.slope * steps) / 2
  const over = (each: number) => (relative ? Math.expm1(each * steps) : each * steps)
  const [by, low, high] = [over(slope.slope), over(slope.low), over(slope.high)]
  const [from, to] = [start, start + slope.slope * steps].map((each) =>
    relative ? Math.exp(each) : each,
  ) as [number, number]
  return { from, to, by, low, high, grew: sure.low > 0 && by >= (relative ? leastGrowth : leastErrors) }
}
