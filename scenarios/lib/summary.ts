/**
 * The whole distribution of every Trend in one small file: k6 computes any number of percentiles exactly and
 * for nothing. Half per cents in the middle, tenths from p95 and hundredths from p99 on.
 */
export const summaryTrendStats = (): string[] => [
  'avg',
  'min',
  'med',
  'max',
  'count',
  ...grid().map((p) => `p(${p})`),
]

function grid(): number[] {
  const steps = (from: number, count: number, step: number) =>
    Array.from({ length: count }, (_, index) => Number((from + index * step).toFixed(2)))
  return [
    ...steps(0, 10, 0.1),
    ...steps(1, 189, 0.5),
    ...steps(95.1, 19, 0.1),
    ...steps(97, 40, 0.05),
    ...steps(99, 100, 0.01),
    100,
  ]
}

/** Writes what k6 gave, unchanged, to the file that SUMMARY_PATH names. */
export function handleSummary(data: unknown): Record<string, string> {
  return { [__ENV.SUMMARY_PATH || 'summary.json']: JSON.stringify(data) }
}
