/**
 * The statistics to ask k6 for: enough percentiles to keep the full distribution of every Trend in one small file.
 * k6 computes any number of them exactly, at no cost. Steps of 0.5, from p95 of 0.1, from p97 of 0.05, from p99 of
 * 0.01; below p1 of 0.1.
 */
export const summaryTrendStats = (): string[] => [
  'avg',
  'min',
  'med',
  'max',
  'count',
  ...[
    ...steps(0, 10, 0.1),
    ...steps(1, 189, 0.5),
    ...steps(95.1, 19, 0.1),
    ...steps(97, 40, 0.05),
    ...steps(99, 100, 0.01),
    100,
  ].map((p) => `p(${p})`),
]

const steps = (from: number, howMany: number, step: number): number[] =>
  Array.from({ length: howMany }, (_, index) => Number((from + index * step).toFixed(2)))
