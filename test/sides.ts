import { probit } from 'simple-statistics'
import { normalFrom, randomFrom } from '../analysis/numbers/random.ts'
import { comparedPercentiles } from '../analysis/run/kept.ts'
import { type RunStatistics, runStatistics } from '../analysis/run/statistics.ts'
import { aRun, aSummary } from './samples.ts'

/** The latency of a request of the candidate, from that of the baseline and the share of requests that are faster. */
type Change = (ms: number, share: number) => number

export const changes = {
  none: (ms) => ms,
  uniform: (ms) => 1.1 * ms,
  tail: (ms, share) => (share > 0.98 ? 2 * ms : ms),
} satisfies Record<string, Change>

type Made = {
  readonly change?: Change
  /** Standard deviation of the logarithm of a run's latencies. */
  readonly noise?: number
  /** By how much the machine became slower from the first run to the last, as a logarithm. */
  readonly drift?: number
  readonly requests?: number
  /** Of the run with that place, from 0: how many of its requests failed. */
  readonly failed?: (place: number) => number
}

/** Runs of baseline and candidate in turns, each of as many requests around 20 ms, drawn with a fixed seed. */
export function sides(
  count: number,
  { change = changes.none, noise = 0.02, drift = 0, requests = 2000, failed = () => 0 }: Made = {},
): [RunStatistics[], RunStatistics[]] {
  const random = randomFrom(18)
  const made: [RunStatistics[], RunStatistics[]] = [[], []]
  for (let place = 0; place < 2 * count; place++) {
    const side = (place % 2) as 0 | 1
    const factor = Math.exp(noise * normalFrom(random) + (drift * place) / (2 * count - 1))
    const latencies = Array.from({ length: requests }, () => {
      const share = random()
      const ms = 20 * Math.exp(0.3 * probit(share))
      return factor * (side === 1 ? change(ms, share) : ms)
    }).sort((a, b) => a - b)
    const name = `${'ab'[side]}.${Math.floor(place / 2) + 1}`
    const startedAt = new Date(Date.UTC(2026, 0, 1, 0, place)).toISOString()
    made[side].push(
      runStatistics({
        name,
        run: aRun({ startedAt, labels: { side: name.slice(0, 1), cell: name } }),
        summary: { kind: 'summary', summary: aSummary(metricsOf(latencies, failed(place))) },
      }),
    )
  }
  return made
}

function metricsOf(latencies: readonly number[], failed: number) {
  const count = latencies.length
  const at = (p: number) => {
    const place = ((count - 1) * p) / 100
    const [low, high] = [Math.floor(place), Math.ceil(place)].map((index) => latencies[index] as number)
    return (low as number) + (place % 1) * ((high as number) - (low as number))
  }
  const mean = latencies.reduce((sum, ms) => sum + ms, 0) / count
  return {
    iterations: { count },
    http_reqs: { count, rate: count / 10 },
    http_req_failed: { passes: failed, fails: count - failed, rate: failed / count },
    'http_req_duration{expected_response:true}': {
      count: count - failed,
      avg: mean,
      min: at(0),
      med: at(50),
      max: at(100),
      ...Object.fromEntries([...comparedPercentiles, 20, 30, 40, 60, 70, 80].map((p) => [`p(${p})`, at(p)])),
    },
  }
}
