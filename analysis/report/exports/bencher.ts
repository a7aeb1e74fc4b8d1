import type { Night } from '../../formats/night.ts'
import { groupedBy } from '../../numbers/group.ts'
import { exportedSeries } from './series.ts'

/**
 * Bencher Metric Format (https://bencher.dev/docs/reference/bencher-metric-format/): the last value of each series, with
 * the least and most of its runs.
 */
export function* bencher(nights: readonly Night[]): Generator<readonly [string, string]> {
  const cells = groupedBy(exportedSeries(nights), ({ cell }) => cell)
  const benchmarks = [...cells].map(([cell, series]) => [
    cell,
    Object.fromEntries(
      series.map(({ metric, unit, last: { value, low, high } }) => [
        `${metric} (${unit})`,
        { value, lower_value: low, upper_value: high },
      ]),
    ),
  ])
  if (benchmarks.length > 0)
    yield ['bencher.json', `${JSON.stringify(Object.fromEntries(benchmarks), null, 2)}\n`]
}
