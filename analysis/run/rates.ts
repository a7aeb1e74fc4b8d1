import { isOpen, plannedMs } from '../formats/load.ts'
import { type Run, stageTags } from '../formats/run.ts'
import { findMetric, type Summary } from '../formats/summary.ts'
import type { Timeline } from '../formats/timeline.ts'
import { durations } from './figures.ts'
import { queueGrowth } from './queue-growth.ts'

type Stage = Run['load']['stages'][number]

/**
 * What to divide the requests of a run by, in ms, for the rate of those that were answered during its load: throughput
 * is completions ÷ time (Denning and Buzen, "The Operational Analysis of Queueing Network Models", Computing Surveys
 * 10, 1978). Answers that came later count neither for it nor as time without load: one that hangs would look like it.
 * In an open model requests that are answered as quickly as they arrive have the rate at which they arrive; only a queue
 * that grows is answered long after the end: if requests arrived 4 % faster than they were answered, the last answer
 * comes 4 % later.
 */
export function loadMs(run: Run | null, summary: Summary): number | null {
  const stages = run?.load.stages ?? []
  const last = stages.at(-1)
  if (!run || !last) return summary.durationMs
  const [endMs, ranMs] = [plannedMs(stages), summary.durationMs ?? Infinity]
  if (ranMs <= endMs) return ranMs
  const count = countOf(summary, {})
  if (run.ended?.perSecond) return (count * 1000) / run.ended.perSecond
  const growth = Math.max(0, queueGrowth(summary, endMs) ?? 0)
  const share = count > 0 ? late(run, summary, last) / count : 0
  return Math.min((endMs * (1 + growth)) / (1 - share), ranMs)
}

/**
 * The same for a stage that ran for `ranMs`. Answers to the stage before are work that the target did in this one.
 * Infinite where nothing was answered within it.
 */
export function stageRateMs(run: Run, summary: Summary, index: number, ranMs: number): number {
  const { stages } = run.load
  const [stage, before] = [stages[index] as Stage, stages[index - 1]]
  const count = countOf(summary, stageTags(run, stage.stage))
  if (count === 0) return ranMs
  const perSecond = run.ended?.stages[index] ?? null
  if (perSecond !== null) return (count * 1000) / perSecond
  const answered = count - late(run, summary, stage) + (before ? late(run, summary, before) : 0)
  return (count * ranMs) / answered
}

/**
 * How many requests of a closed plateau were answered after its end. Each VU has one in flight then; of VUs that pause
 * after each answer, the share of the time that a request takes of both. 0 where that is unknown: an open model, or
 * somebody's own script.
 */
function late(run: Run, summary: Summary, { stage, vus, startMs, durationMs }: Stage): number {
  const { load, script } = run
  if (script || isOpen(load.stages) || (summary.durationMs ?? Infinity) <= startMs + durationMs) return 0
  const tags = stageTags(run, stage)
  const { thinkMs = 0 } = load
  const meanMs = durations(summary, tags).metric?.values.avg ?? 0
  const busy = thinkMs === 0 ? 1 : meanMs / (meanMs + thinkMs)
  return Math.min(countOf(summary, tags), vus * busy)
}

const countOf = (summary: Summary, tags: Readonly<Record<string, string>>): number =>
  findMetric(summary, 'http_reqs', tags)?.values.count ?? 0

/**
 * Requests a second that ended within the load and within each of its stages, in the whole periods of the timeline, for
 * loads of which the summary does not say how many ended later: somebody's own script, and an open model of several
 * rates. Null for others. The period in which an open model begins is left out: requests start, and none has ended yet.
 */
export function endedIn(
  { periods }: Timeline,
  { load: { stages }, script }: Pick<Run, 'load' | 'script'>,
): NonNullable<Run['ended']> | null {
  const open = isOpen(stages)
  if (stages.length === 0 || (!script && (!open || stages.length === 1))) return null
  const [firstMs = 0] = stages.map(({ startMs }) => startMs).sort((a, b) => a - b)
  const within = (startMs: number, endMs: number): number | null => {
    const begins = open && startMs <= firstMs
    const whole = periods.filter(
      ({ fromMs, toMs }) => (begins ? fromMs > startMs : fromMs >= startMs) && toMs <= endMs,
    )
    const ms = whole.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
    const counts = whole.flatMap(({ requests }) => requests ?? [])
    // Half of it says little about all of it.
    if (counts.length < whole.length || ms < (endMs - startMs) / 2) return null
    return (counts.reduce((sum, count) => sum + count, 0) * 1000) / ms
  }
  const alone = (stage: Stage) =>
    stages.every(
      (other) =>
        other === stage ||
        other.startMs >= stage.startMs + stage.durationMs ||
        stage.startMs >= other.startMs + other.durationMs,
    )
  return {
    perSecond: within(0, plannedMs(stages)),
    stages: stages.map((stage) =>
      alone(stage) ? within(stage.startMs, stage.startMs + stage.durationMs) : null,
    ),
  }
}
