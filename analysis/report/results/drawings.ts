import { figurePhrase } from '../../formats/figure.ts'
import { number } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import type { RunStatistics } from '../../run/statistics.ts'
import { isTagged } from '../../runs/figures-compared.ts'
import type { Compared } from '../../runs/judgement.ts'
import { changeWords, worstFirst } from '../change-words.ts'
import { type Markup, tag } from '../printers/markup.ts'

/** A percentile: the share of requests that took longer, and ms. */
type Point = { readonly tail: number; readonly ms: number; readonly name: string }

/** The percentiles that `run.json` keeps, ascending; the maximum stands at one request of all. */
function pointsOf({ total, percentiles }: RunStatistics): Point[] {
  const { minMs, p50Ms, p90Ms, p95Ms, p99Ms, p999Ms, maxMs, samples } = total
  const all: readonly (readonly [string, number, number | null])[] = [
    ['fastest', 1, minMs],
    ['p50', 0.5, p50Ms],
    ['p90', 0.1, p90Ms],
    ['p95', 0.05, p95Ms],
    ['p99', 0.01, p99Ms],
    ['p99.9', 0.001, p999Ms],
    ...percentiles.map(([p, ms]) => [`p${p}`, Number((1 - p / 100).toFixed(6)), ms] as const),
    ...(samples ? ([['slowest', 1 / samples, maxMs]] as const) : []),
  ]
  return all
    .flatMap(([name, tail, ms]) =>
      // As of the figures: at least one request lies beyond a percentile.
      ms === null || tail * (samples ?? Infinity) < 0.999 ? [] : [{ name, tail, ms }],
    )
    .sort((a, b) => b.tail - a.tail)
}

const rounded = (value: number): number => Math.round(value * 10) / 10

/** Latency by percentile in the size of a word: from the fastest request to the slowest, from 0 ms up. */
export function sparkline(run: RunStatistics): Markup | null {
  const points = pointsOf(run)
  const [deepest, most] = [smallest(points.map(({ tail }) => tail)), largest(points.map(({ ms }) => ms))]
  if (points.length < 3 || !(most > 0) || deepest >= 1) return null
  const at = points.map(
    ({ tail, ms }) =>
      `${rounded(1 + (94 * Math.log(tail)) / Math.log(deepest))},${rounded(23 - (22 * ms) / most)}`,
  )
  return tag`<svg class="spark" width="96" height="24" viewBox="0 0 96 24" aria-hidden="true"><polyline points="${at.join(' ')}"/></svg>`
}

const share = (part: number): string => `${rounded(100 * part)}%`

/** One line of text for each row, so that the drawing fits any width: across it is drawn in shares. */
const drawing = (height: number, words: string, parts: readonly Markup[]): Markup =>
  tag`<svg class="drawing" width="100%" height="${height}" role="img" aria-label="${words}">${parts}</svg>`

/** The percentile curves of two runs over each other: known percentiles as dots, latency on a logarithmic axis. */
export function curves(a: RunStatistics, b: RunStatistics): Markup | null {
  const sides = [pointsOf(a), pointsOf(b)]
  const all = sides.flat().filter(({ ms }) => ms > 0)
  if (sides.some((side) => side.length < 3) || all.length === 0) return null
  const deepest = smallest(all.map(({ tail }) => tail))
  const [least, most] = [smallest(all.map(({ ms }) => ms)) / 1.1, largest(all.map(({ ms }) => ms)) * 1.1]
  const across = (tail: number) => 0.12 + (0.8 * Math.log(tail)) / Math.log(deepest)
  const down = (ms: number) =>
    rounded(12 + 200 * (1 - Math.log(Math.max(ms, least) / least) / Math.log(most / least)))
  const ticks = [1, 0.5, 0.1, 0.01, 0.001, 0.0001].filter((tail) => tail >= deepest)
  return drawing(
    264,
    `Latency by percentile of A and B: ${sides.map((side) => side.map(({ name, ms }) => `${name} ${number(ms)} ms`).join(', ')).join('; ')}`,
    [
      ...levels(least, most).map(
        (ms) =>
          tag`<line class="grid" x1="12%" x2="92%" y1="${down(ms)}" y2="${down(ms)}"/><text x="11%" y="${down(ms) + 4}" text-anchor="end">${number(ms)}</text>`,
      ),
      ...ticks.map(
        (tail) =>
          tag`<text x="${share(across(tail))}" y="232" text-anchor="middle">${tail === 1 ? 'fastest' : `p${Number((100 - 100 * tail).toFixed(3))}`}</text>`,
      ),
      tag`<text x="52%" y="256" text-anchor="middle">percentile of requests; latency in ms</text>`,
      ...sides.flatMap((points, index) => {
        const side = index === 0 ? 'a' : 'b'
        const [last, other] = [points.at(-1), sides[1 - index]?.at(-1)] as [Point, Point]
        // The names of both must not cover each other.
        const above = last.ms > other.ms || (last.ms === other.ms && index === 0)
        const shift = Math.abs(down(last.ms) - down(other.ms)) >= 14 ? 4 : above ? -4 : 13
        return [
          ...points.slice(1).map((point, before) => {
            const from = points[before] as Point
            return tag`<line class="${side}" x1="${share(across(from.tail))}" y1="${down(from.ms)}" x2="${share(across(point.tail))}" y2="${down(point.ms)}"/>`
          }),
          ...points.map(
            ({ tail, ms }) =>
              tag`<circle class="${side}" cx="${share(across(tail))}" cy="${down(ms)}" r="3.5"/>`,
          ),
          tag`<text class="${side}" x="${share(across(last.tail))}" dx="8" y="${down(last.ms) + shift}">${side.toUpperCase()}</text>`,
        ]
      }),
    ],
  )
}

/** 1, 2 and 5 times powers of ten between two values; every tenth only where these would be many. */
function levels(least: number, most: number): number[] {
  const steps = most / least > 100 ? [1] : [1, 2, 5]
  const found: number[] = []
  for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power++)
    for (const step of steps) found.push(Number((step * 10 ** power).toPrecision(1)))
  return found.filter((level) => level >= least && level <= most)
}

/** More of parts of the run are only in the table. */
const mostTagged = 10

/** Changes with their intervals, figure by figure, on a logarithmic axis; the band in the middle does not matter. */
export function forest(metrics: readonly Compared[], effect: number): Markup | null {
  const ratios = metrics.filter(({ scale }) => scale === 'ratio')
  const rows = [
    ...ratios.filter((each) => !isTagged(each)),
    ...ratios.filter(isTagged).sort(worstFirst).slice(0, mostTagged),
  ]
  if (rows.length === 0) return null
  const ends = rows.flatMap(({ change, interval }) => [
    change,
    ...(interval ? [interval.low, interval.high] : []),
  ])
  const widest = 1.05 * Math.max(1 + 2 * effect, largest(ends.map((end) => Math.max(end, 1 / end))))
  const across = (ratio: number) => share(0.5 + (0.48 * Math.log(ratio)) / Math.log(widest))
  const height = 40 * rows.length + 34
  return drawing(
    height,
    `Candidate against baseline: ${rows.map((each) => `${each.metric} ${changeWords(each)}, ${each.judgement}`).join('; ')}`,
    [
      ...[1 / (1 + effect), 1, 1 + effect].map(
        (ratio) =>
          tag`<line class="${ratio === 1 ? 'middle' : 'edge'}" x1="${across(ratio)}" x2="${across(ratio)}" y1="0" y2="${height - 24}"/>`,
      ),
      ...rows.map(({ metric, change, interval, judgement, scale }, index) => {
        const y = 40 * index + 30
        const { low, high } = interval ?? { low: change, high: change }
        const hue = judgement.replace(' ', '-')
        return tag`<text x="0" y="${y - 12}">${figurePhrase(metric)}</text><text class="${hue}" x="100%" y="${y - 12}" text-anchor="end">${changeWords({ scale, change })} · ${judgement}</text><line class="${hue}" x1="${across(low)}" x2="${across(high)}" y1="${y}" y2="${y}"/><circle class="${hue}" cx="${across(change)}" cy="${y}" r="5"/>`
      }),
      ...ticksTo(widest).map(
        (ratio) =>
          tag`<text x="${across(ratio)}" y="${height - 8}" text-anchor="middle">${ratio === 1 ? 'same' : changeWords({ scale: 'ratio', change: ratio })}</text>`,
      ),
    ],
  )
}

/** No change, and the largest round change on either side that fits. */
function ticksTo(widest: number): number[] {
  const up = [10, 5, 4, 3, 2, 1.5, 1.2, 1.1, 1.05, 1.02, 1.01].find((each) => each <= widest ** 0.9)
  return up === undefined ? [1] : [1 / up, 1, up]
}
