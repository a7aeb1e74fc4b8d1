import type { RunStatistics } from '../../run/statistics.ts'

/** Where something is, relative to the folder of results, with slashes; and which of its files a page can link to. */
type Place = {
  readonly path: string
  /** The path of the series or night that it is part of; null for what stands alone. */
  readonly series: string | null
  readonly files: readonly string[]
}

export type RunEntry = Place & { readonly kind: 'run'; readonly figures: RunStatistics }

/** A folder that should hold a run; `reason` completes the sentence "<path>: …". */
export type BrokenEntry = Place & { readonly kind: 'broken'; readonly reason: string }

/** Runs that were made together, or a comparison of runs that were there already. */
export type SeriesEntry = Place & {
  readonly kind: 'series'
  /** `ab`, `sweep`, `noise`, `breakpoint`, `nightly`, `scripts` or `compare`. */
  readonly of: string
  readonly runs: number
  /** What its report found, in a few words; null without a report. */
  readonly words: string | null
}

export type Entry = RunEntry | BrokenEntry | SeriesEntry

/** Commands that the page shows, with {a}, {b}, {scenario} and so on to be filled in: the analysis knows none itself. */
export type Commands = {
  /** Runs two targets in turns. */
  readonly inTurns: string
  /** Repeats a built-in scenario, which one run a side is too few of. */
  readonly repeat: string
  /** Compares the runs of two patterns. */
  readonly compare: string
  /** Makes the report of one run. */
  readonly report: string
  /** What compares runs of unlike loads all the same. */
  readonly anyway: string
}

export type Results = { readonly entries: readonly Entry[]; readonly commands: Commands }

/** Percentiles of a curve, where `run.json` keeps more of it than the figures. */
const drawn = [1, 5, 10, 25, 75, 98, 99.5, 99.99]

/**
 * What of a run's figures `compare` and the page read, in the same shape, a quarter of its size: all figures of the whole
 * run, the p95 by request name, and what of its curve is drawn. Without pods and what a report alone shows.
 */
export function shortened({
  name,
  run,
  verdict,
  total,
  percentiles,
  durationMs,
  measures,
}: RunStatistics): RunStatistics {
  const byName = measures.tagged.filter(({ by }) => by.join() === 'name')
  return {
    name,
    run: run && {
      ...run,
      target: {
        ...run.target,
        cluster: run.target.cluster && { ...run.target.cluster, pods: [], scaling: [] },
      },
    },
    verdict,
    cause: null,
    total,
    durationMs,
    percentiles: percentiles.filter(([p]) => drawn.includes(p)),
    stages: [],
    requests: [],
    measures: {
      thresholds: [],
      checks: [],
      groups: [],
      phases: [],
      metrics: [],
      tagged: byName.map(({ by, rows, ...rest }) => ({
        ...rest,
        by,
        rows: rows.map(({ tags, p95Ms }) => ({ tags, p95Ms }) as (typeof rows)[number]),
      })),
    },
    knee: null,
    queueGrowth: null,
    fairness: null,
    following: [],
    failures: [],
    caveats: [],
    timeSpent: { whole: null, stages: [], names: [], iterationMs: null, perIteration: null, notes: [] },
    remarks: [],
  }
}

/** `2026-01-31 04:00:05`, from the name of a folder or the start of its run; null where neither says it. */
export function startOf(entry: Entry): string | null {
  const started = entry.kind === 'run' ? entry.figures.run?.startedAt : undefined
  if (started) return started.slice(0, 19).replace('T', ' ')
  const [, day, time] = /(?:^|\/)(\d{8})T(\d{6})Z-[^/]*$/.exec(entry.path) ?? []
  return day && time
    ? `${day.replace(/(\d{4})(\d\d)/, '$1-$2-')} ${time.replace(/(\d\d)(\d\d)/, '$1:$2:')}`
    : null
}

/** Labels that a series gives its runs for itself; the page shows the series instead. */
const ownLabels = ['series', 'cell', 'looks']

export const labelsOf = ({ figures: { run } }: RunEntry): string[] =>
  Object.entries(run?.labels ?? {}).flatMap(([key, value]) =>
    ownLabels.includes(key) ? [] : [`${key}=${value}`],
  )

export const shortCommit = (commit: string): string => commit.slice(0, 10)
