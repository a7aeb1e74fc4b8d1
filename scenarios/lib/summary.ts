/**
 * The whole distribution of every Trend in one small file: k6 computes any number of percentiles exactly and
 * for nothing. Half per cents in the middle, hundredths at the far end of the tail.
 */
export const summaryTrendStats = ['avg', 'min', 'med', 'max', 'count', ...grid().map((p) => `p(${p})`)]

function grid(): number[] {
  const steps = (from: number, count: number, step: number) =>
    Array.from({ length: count }, (_, index) => Number((from + index * step).toFixed(2)))
  return [...steps(0, 10, 0.1), ...steps(1, 197, 0.5), ...steps(99.1, 9, 0.1), ...steps(99.91, 9, 0.01), 100]
}

/** Writes what k6 gave, unchanged, to the file that SUMMARY_PATH names. */
export function handleSummary(data: unknown): Record<string, string> {
  return { [__ENV.SUMMARY_PATH || 'summary.json']: JSON.stringify(data) }
}
