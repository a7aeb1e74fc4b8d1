import type { Night } from '../../formats/night.ts'
import { exportedSeries } from './series.ts'

/**
 * What github-action-benchmark reads as `customSmallerIsBetter` and `customBiggerIsBetter`
 * (https://github.com/benchmark-action/github-action-benchmark): the last value of each series, with its runs' range.
 */
export function* githubBenchmark(nights: readonly Night[]): Generator<readonly [string, string]> {
  const series = exportedSeries(nights)
  for (const [better, file] of [
    ['lower', 'smaller-is-better.json'],
    ['higher', 'bigger-is-better.json'],
  ] as const) {
    const entries = series
      .filter((each) => each.better === better)
      .map(({ name, unit, last: { value, low, high, night } }) => ({
        name,
        unit,
        value,
        range: `${low} to ${high}`,
        extra: `${night.id}${night.commit === null ? '' : `, commit ${night.commit}`}`,
      }))
    if (entries.length > 0) yield [file, `${JSON.stringify(entries, null, 2)}\n`]
  }
}
