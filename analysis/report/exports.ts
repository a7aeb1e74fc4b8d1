import type { Night } from '../formats/night.ts'
import type { Timeline } from '../formats/timeline.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { bencher } from './exports/bencher.ts'
import { githubBenchmark } from './exports/github-benchmark.ts'
import { openMetrics } from './exports/open-metrics.ts'
import { otava } from './exports/otava.ts'
import { timelineCsv } from './exports/timeline-csv.ts'

type Files = Iterable<readonly [name: string, content: string]>

/** What can be handed to other tools: from the nights of a history (runs make one), from runs, or from their timelines. */
export type Export = { readonly what: string } & (
  | { readonly from: 'nights'; readonly files: (nights: readonly Night[]) => Files }
  | { readonly from: 'runs'; readonly files: (runs: readonly RunStatistics[]) => Files }
  | {
      readonly from: 'timelines'
      readonly files: (runs: readonly { readonly name: string; readonly timeline: Timeline }[]) => Files
    }
)

/** By the name that a user gives. */
export const exports: Readonly<Record<string, Export>> = {
  'github-benchmark': { what: 'JSON for github-action-benchmark', from: 'nights', files: githubBenchmark },
  bencher: { what: 'Bencher Metric Format', from: 'nights', files: bencher },
  otava: { what: 'CSV and otava.yaml for Apache Otava', from: 'nights', files: otava },
  openmetrics: {
    what: 'figures, thresholds and verdicts as OpenMetrics text',
    from: 'runs',
    files: openMetrics,
  },
  'timeline-csv': { what: 'every period of timeline.ndjson as CSV', from: 'timelines', files: timelineCsv },
}
