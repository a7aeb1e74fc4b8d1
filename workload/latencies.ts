// From a tenth of a millisecond to a minute, each bucket 8 % wider than the one before, so that a percentile is within 4 %.
const leastMs = 0.1
const growth = Math.log(1.08)
const buckets = Math.ceil(Math.log(60_000 / leastMs) / growth)

export type Latencies = {
  add(ms: number): void
  /** Begins the next second; the oldest of the last `seconds` is forgotten. */
  next(): void
  /** In ms; null of too few requests for one to lie beyond it: 20 for p95. */
  percentile(p: number): number | null
}

/** A histogram of the response times of the last few seconds: a row of counts for each second. */
export function latencies(seconds: number): Latencies {
  const rows = Array.from({ length: seconds }, () => new Uint32Array(buckets))
  const sum = new Float64Array(buckets)
  let now = 0
  let count = 0
  const row = () => rows[now % seconds] as Uint32Array
  return {
    add(ms) {
      const bucket = Math.min(buckets - 1, Math.max(0, Math.floor(Math.log(ms / leastMs) / growth)))
      row()[bucket] = (row()[bucket] ?? 0) + 1
      sum[bucket] = (sum[bucket] ?? 0) + 1
      count++
    },
    next() {
      now++
      row().forEach((old, bucket) => {
        sum[bucket] = (sum[bucket] ?? 0) - old
        count -= old
      })
      row().fill(0)
    },
    percentile(p) {
      if (count < Math.round(100 / (100 - p))) return null
      let left = Math.ceil((count * p) / 100)
      const bucket = sum.findIndex((each) => {
        left -= each
        return left <= 0
      })
      return leastMs * Math.exp((bucket + 0.5) * growth)
    },
  }
}
