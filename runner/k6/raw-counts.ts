import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Timeline } from '../../analysis/formats/timeline.ts'

const mostBuckets = 40
/** Log of how much wider a bin is than the one before; buckets are made of whole bins at the end. */
const step = Math.log(1.005)

/**
 * The timeline with the distribution of each period, from k6's raw points (`--out json=FILE.gz`): at most 40 buckets of
 * equal ratio, from the shortest request of the run to the longest. k6 gives all its outputs the same samples in the same
 * order, so each period has the next `requests` of them. Rejects where the file cannot be read or lacks some.
 */
export async function withCounts(timeline: Timeline, pointsFile: string): Promise<Timeline> {
  const bins = await binsOf(
    pointsFile,
    timeline.periods.map(({ requests }) => requests ?? 0),
  )
  const known = [...new Set(bins.flatMap((each) => [...each.keys()]))].filter(Number.isFinite)
  if (known.length === 0) return timeline
  const [first, last] = known.reduce(([low, high], bin) => [Math.min(low, bin), Math.max(high, bin)], [
    Infinity,
    -Infinity,
  ] as [number, number])
  const width = Math.ceil((last - first + 1) / mostBuckets)
  const buckets = Math.ceil((last - first + 1) / width)
  return {
    ...timeline,
    bucketsMs: Array.from({ length: buckets }, (_, index) =>
      Number(Math.exp(step * (first - 1 + width * (index + 1))).toPrecision(6)),
    ),
    periods: timeline.periods.map((period, index) => {
      const counts = new Array<number>(buckets + 1).fill(0)
      for (const [bin, count] of bins[index] ?? []) {
        // A request that was refused took no time at all.
        const bucket = Math.max(0, Math.floor((bin - first) / width))
        counts[bucket] = (counts[bucket] ?? 0) + count
      }
      return { ...period, counts }
    }),
  }
}

/** How many requests of each period are in each bin: those of at most e^(step × bin) ms. */
async function binsOf(pointsFile: string, wanted: readonly number[]): Promise<Map<number, number>[]> {
  const bins = wanted.map(() => new Map<number, number>())
  let period = 0
  let left = wanted[0] ?? 0
  const nextPeriod = () => {
    while (left === 0 && period < wanted.length) left = wanted[++period] ?? 0
  }
  nextPeriod()
  await pipeline(createReadStream(pointsFile), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
    for await (const line of linesOf(chunks)) {
      const value = durationIn(line)
      const counted = bins[period]
      if (value === null || !counted) continue
      const bin = value > 0 ? Math.ceil(Math.log(value) / step) : -Infinity
      counted.set(bin, (counted.get(bin) ?? 0) + 1)
      left--
      nextPeriod()
    }
  })
  if (period < wanted.length) throw new Error('raw points of some requests are missing')
  return bins
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

/** Of a line that is such a point; of millions, so it is not parsed whole. */
function durationIn(line: string): number | null {
  if (!line.startsWith('{"metric":"http_req_duration","type":"Point"')) return null
  const [, value] = /"value":([^,}]+)/.exec(line) ?? []
  return value === undefined ? null : Number(value)
}
