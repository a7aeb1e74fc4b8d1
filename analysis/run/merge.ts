import type { Check } from '../formats/checks.ts'
import type { Generator, Merge } from '../formats/generators.ts'
import type { Run } from '../formats/run.ts'
import type { Summary, SummaryReading } from '../formats/summary.ts'
import type { Timeline } from '../formats/timeline.ts'
import { largest } from '../numbers/extremes.ts'
import { ratiosToOthers } from './disagreement.ts'
import { figures } from './figures.ts'
import { partProblems } from './merge-problems.ts'
import { durationOf, mergedMetrics } from './merged-metrics.ts'
import { mergedThresholds } from './merged-thresholds.ts'
import { mergedTimeline } from './merged-timeline.ts'

/** What one generator left. */
export type GeneratorPart = {
  readonly generator: Generator
  readonly summary: SummaryReading
  /** null where k6 did not record one. */
  readonly timeline: Timeline | null
  /** Identifies the script and its load; absent where unknown. */
  readonly script?: string
}

export type Merged = Merge & {
  /** null where no part has one. It has the percentiles of the parts' grid, and is read like any other. */
  readonly summary: Summary | null
  /** null where a part has none. */
  readonly timeline: Timeline | null
  /** With the figures of each. */
  readonly generators: readonly Generator[]
}

/**
 * Of a load that several generators shared, one summary and one timeline: counts are summed, rates are over the longest
 * duration, trends are merged by their distributions, and thresholds are judged on that. `problems` say which part
 * makes the run invalid; the others are merged all the same.
 * @param stages as planned; null where nobody knows them
 */
export function mergeSummaries(
  parts: readonly GeneratorPart[],
  stages: Run['load']['stages'] | null = null,
): Merged {
  const read = parts.flatMap(({ summary }) => (summary.kind === 'summary' ? [summary.summary] : []))
  const durations = read.flatMap((each) => durationOf(each) ?? [])
  const durationMs = durations.length > 0 ? largest(durations) : null
  const problems = partProblems(parts, stages)
  const timelines = parts.flatMap(({ timeline }) => timeline ?? [])
  const ratios = timelines.length === parts.length ? ratiosToOthers(timelines) : []
  const generators = parts.map((part, index) => ({
    ...part.generator,
    figures: figuresOf(part, ratios[index] ?? null),
  }))
  if (read.length === 0) return { summary: null, timeline: null, generators, problems, notes: [] }
  const { metrics, trends, notes } = mergedMetrics(read, durationMs)
  const thresholds = mergedThresholds(read, metrics, trends)
  const summary: Summary = {
    shape: 'handleSummary',
    durationMs,
    metrics,
    thresholds: thresholds.judged,
    groups: [...new Set(read.flatMap(({ groups }) => groups))],
    checks: mergedChecks(read),
  }
  const over = mergedTimeline(parts)
  return {
    summary,
    timeline: over.timeline,
    generators,
    problems: [...problems, ...thresholds.problems],
    notes: [...notes, ...over.notes],
  }
}

function mergedChecks(summaries: readonly Summary[]): Check[] {
  const found = new Map<string, Check>()
  for (const check of summaries.flatMap(({ checks }) => checks)) {
    const key = JSON.stringify([check.group, check.name])
    const { passes = 0, fails = 0 } = found.get(key) ?? {}
    found.set(key, { ...check, passes: passes + check.passes, fails: fails + check.fails })
  }
  return [...found.values()]
}

function figuresOf(
  { summary }: GeneratorPart,
  ratio: NonNullable<Generator['figures']>['ratio'],
): Generator['figures'] {
  if (summary.kind === 'unreadable') return null
  const { requests, failed, meanMs, p50Ms, p95Ms } = figures(summary.summary, {}, null)
  return { durationMs: durationOf(summary.summary), requests, failed, meanMs, p50Ms, p95Ms, ratio }
}
