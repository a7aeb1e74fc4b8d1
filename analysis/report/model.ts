import type { Statistics } from '../runs/statistics.ts'
import type { Report } from './blocks.ts'
import { breakpointReport } from './breakpoint.ts'
import { capacityReport } from './capacity.ts'
import { comparisonReport } from './comparison.ts'
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
        figures: written(data),
        records: runRecords(data.runs),
        ...kinds[data.kind](data),
      }

/** Statistics without what has a file of its own. */
const written = ({ timeline: _, ...figures }: Statistics): unknown => figures
