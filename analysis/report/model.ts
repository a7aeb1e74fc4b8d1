import { secondsTogether } from '../runs/seconds.ts'
import type { Statistics } from '../runs/statistics.ts'
import { arrivalsReport } from './arrivals.ts'
import type { Report } from './blocks.ts'
import { breakpointReport } from './breakpoint.ts'
import { capacityReport } from './capacity.ts'
import { comparisonReport } from './comparison.ts'
import { factorsReport } from './factors.ts'
import { runRecords } from './figures.ts'
import { type HistoryReport, historyReport } from './history.ts'
import { noiseReport } from './noise.ts'
import { runReport, verdictCases } from './run.ts'
import { runsReport } from './runs.ts'

/** What differs between the kinds; by default each run is a case and a record. */
export type OfRuns = Pick<Report, 'title' | 'blocks'> & Partial<Report>

const kinds: Record<Statistics['kind'], (statistics: Statistics) => OfRuns> = {
  run: runReport,
  runs: runsReport,
  capacity: capacityReport,
  arrivals: arrivalsReport,
  factors: factorsReport,
  breakpoint: breakpointReport,
  comparison: comparisonReport,
  noise: noiseReport,
}

/** The report of statistics or of a history, for any printer. */
export const modelOf = (data: Statistics | HistoryReport): Report =>
  data.kind === 'history'
    ? historyReport(data)
    : {
        suite: data.kind,
        foot: 'Times in milliseconds. Percentiles are k6’s exact ones, never averaged; “–” means that there is no trustworthy answer. The figures are also in statistics.json and report.md beside this page.',
        cases: verdictCases(data.runs),
        startedAt: firstStart(data.runs),
        seconds: secondsTogether(data.runs),
        figures: written(data),
        records: runRecords(data.runs),
        ...kinds[data.kind](data),
      }

/** Unknown where it is unknown of one; a run's start is written in UTC, so that text sorts by time. */
function firstStart(runs: Statistics['runs']): string | null {
  const starts = runs.flatMap(({ run }) => run?.startedAt ?? [])
  return starts.length === runs.length ? (starts.sort()[0] ?? null) : null
}

/** Statistics without what has a file of its own. */
const written = ({ timeline: _, ...figures }: Statistics): unknown => figures
