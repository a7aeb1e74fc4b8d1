import { mean, sampleStandardDeviation } from 'simple-statistics'
import type { Generator } from '../formats/generators.ts'
import type { Timeline } from '../formats/timeline.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import { studentQuantile } from '../numbers/student.ts'

type Ratio = NonNullable<NonNullable<Generator['figures']>['ratio']>

/** Fewer blocks give no interval worth having; more would be correlated with their neighbours. */
const [fewest, most] = [8, 10]
const error = 0.05

/**
 * For each generator, the ratio of its mean latency to that of all others, with an interval that holds for all generators
 * together at 95 % (Bonferroni). Requests of one run are correlated, so they are not what is compared: the test is cut
 * into at most 10 blocks, the same moments for all, and what a block has in common is no difference. The interval is
 * Student's on the logarithms. Null where fewer than 8 blocks have requests of both.
 * Source: batch means, Law, Simulation Modeling and Analysis, 5th edition, section 9.5.3; paired, section 10.2.1.
 */
export function ratiosToOthers(timelines: readonly Timeline[]): (Ratio | null)[] {
  if (timelines.length < 2) return timelines.map(() => null)
  const absolute = timelines.map(({ startedAt, periods }) =>
    periods.map(({ fromMs, toMs, requests, durationMs }) => ({
      at: Date.parse(startedAt) + (fromMs + toMs) / 2,
      requests: durationMs ? (requests ?? 0) : 0,
      sum: durationMs ? (requests ?? 0) * durationMs.avg : 0,
    })),
  )
  const periodMs = largest(timelines.map((each) => each.periodMs))
  // All were there: a generator that starts later has seen less.
  const from = largest(absolute.map((periods) => periods[0]?.at ?? Infinity)) - periodMs / 2
  const to = smallest(absolute.map((periods) => periods.at(-1)?.at ?? -Infinity)) + periodMs / 2
  const howMany = Math.min(most, Math.floor((to - from) / periodMs))
  if (!(howMany >= fewest)) return timelines.map(() => null)
  const blocks = absolute.map((periods) =>
    Array.from({ length: howMany }, (_, block) => {
      const [start, end] = [block, block + 1].map((each) => from + (each * (to - from)) / howMany) as [
        number,
        number,
      ]
      const inside = periods.filter(({ at }) => at >= start && at < end)
      return {
        requests: inside.reduce((all, { requests }) => all + requests, 0),
        sum: inside.reduce((all, { sum }) => all + sum, 0),
      }
    }),
  )
  return blocks.map((own, generator) => {
    const others = own.map((_, block) =>
      blocks.reduce(
        (all, each, other) =>
          other === generator
            ? all
            : {
                requests: all.requests + (each[block]?.requests ?? 0),
                sum: all.sum + (each[block]?.sum ?? 0),
              },
        { requests: 0, sum: 0 },
      ),
    )
    const logs = own.flatMap(({ requests, sum }, block) => {
      const other = others[block]
      return requests > 0 && sum > 0 && other && other.requests > 0 && other.sum > 0
        ? [Math.log(sum / requests / (other.sum / other.requests))]
        : []
    })
    if (logs.length < fewest) return null
    const half =
      (studentQuantile(1 - error / 2 / timelines.length, logs.length - 1) * sampleStandardDeviation(logs)) /
      Math.sqrt(logs.length)
    const middle = mean(logs)
    return { value: Math.exp(middle), low: Math.exp(middle - half), high: Math.exp(middle + half) }
  })
}

/** A difference that matters, beyond chance. */
const leastRatio = 1.1

/**
 * The generator that met other latencies than the rest, beyond chance and by more than a tenth; of several the one that
 * differs most, since the rest are compared with it too. Null where they agree.
 */
export function disagreeing(generators: readonly Generator[]): Generator | null {
  const size = ({ figures }: Generator) => Math.abs(Math.log(figures?.ratio?.value ?? 1))
  const differ = generators.filter((each) => {
    const ratio = each.figures?.ratio
    return ratio && size(each) >= Math.log(leastRatio) && (ratio.low > 1 || ratio.high < 1)
  })
  return differ.sort((a, b) => size(b) - size(a))[0] ?? null
}
