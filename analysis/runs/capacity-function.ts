import { median } from 'simple-statistics'
import { type CapacityLaws, predicted, type Searched } from '../numbers/capacity-law.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import { groupedBy } from '../numbers/group.ts'

/** A size that the laws expect to hold a rate. */
export type Expected = {
  readonly replicas: number
  /** CPU limit of a replica, one of those searched. */
  readonly cores: number
  /** The lowest end of the 95 % prediction intervals of all laws that explain the searches alike. */
  readonly low: number
  /** Whether that many replicas with that limit are more than were searched. */
  readonly extrapolated: boolean
}

/** Laws are extrapolated no further than this multiple of the most replicas searched. */
const furthest = 2

/**
 * The size with the fewest cores in all with which one more search would find at least `wanted` requests per second, by
 * every law that explains the searches; null if there is none up to twice the most replicas searched. With a limit with
 * which the most replicas did not hold more than fewer did, nothing is extrapolated.
 */
export function sizeFor(
  searches: readonly Searched[],
  { laws, alike }: CapacityLaws,
  wanted: number,
): Expected | null {
  const sizes = [...groupedBy(searches, ({ cores }) => cores)].flatMap(([cores, these]) => {
    const most = largest(these.map(({ replicas }) => replicas))
    const to = stillGrew(these) ? furthest * most : most
    for (let replicas = 1; replicas <= to; replicas++) {
      const lows = laws.slice(0, alike).map((law) => predicted(searches, law, { replicas, cores })?.low ?? 0)
      const low = smallest(lows)
      if (low >= wanted) return [{ replicas, cores, low, extrapolated: replicas > most }]
    }
    return []
  })
  const cost = ({ replicas, cores }: Expected) => replicas * cores
  const [first, ...others] = sizes
  return first === undefined
    ? null
    : // Of equal cost, the one with more replicas loses less with one of them.
      others.reduce(
        (a, b) => (cost(b) < cost(a) || (cost(b) === cost(a) && b.replicas > a.replicas) ? b : a),
        first,
      )
}

/** Whether the most replicas with one limit held more than the next fewer; false for one number of them. */
function stillGrew(searches: readonly Searched[]): boolean {
  const levels = [...groupedBy(searches, ({ replicas }) => replicas)].sort(([a], [b]) => b - a)
  const [last, before] = levels.map(([, these]) => median(these.map(({ rate }) => rate)))
  return last !== undefined && before !== undefined && last > before
}
