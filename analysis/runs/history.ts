import { median } from 'simple-statistics'
import { z } from 'zod'
import type { Run } from '../formats/run.ts'
import { issueWords } from '../formats/words.ts'
import { changePoints, segmentsOf } from '../numbers/change-points.ts'
import { groupedBy } from '../numbers/group.ts'
import { mannWhitney, qn } from '../numbers/inference.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { figuresCompared } from './compare.ts'

const Measured = z.object({
  scenario: z.string(),
  replicas: z.number().nullable(),
  load: z.string().describe('request and shape; nights of another are another series'),
  metric: z.string(),
  unit: z.string(),
  better: z.enum(['higher', 'lower']),
  values: z.array(z.number()).min(1).describe('one a run'),
})

/** What a night leaves in the history: one small file. */
export const Night = z.object({
  schema: z.literal(1),
  id: z.string().describe('the name of the file'),
  startedAt: z.string(),
  commit: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  environment: z
    .record(z.string(), z.string())
    .describe('of generator and target: nights of another environment are not compared with these'),
  runs: z.object({ valid: z.number(), invalid: z.number(), planned: z.number() }),
  measured: z.array(Measured),
})
export type Night = z.infer<typeof Night>

export type NightReading =
  | { readonly kind: 'night'; readonly night: Night }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** The one reader of a night's file; a reason completes the sentence "<file>: …". */
export function parseNight(text: string): NightReading {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { kind: 'unreadable', reason: 'not whole JSON; was the job killed, or the copy cut short?' }
  }
  const schema = (json as { schema?: unknown } | null)?.schema
  if (typeof schema === 'number' && schema !== 1)
    return {
      kind: 'unreadable',
      reason: `of schema ${schema}, and this load-and-stress reads 1; it is left as it is`,
    }
  const parsed = Night.safeParse(json)
  if (parsed.success) return { kind: 'night', night: parsed.data }
  return { kind: 'unreadable', reason: `not a night (${issueWords(parsed.error)})` }
}

/** The night that runs make, of those that prove something. */
export function nightOf(
  runs: readonly RunStatistics[],
  about: Pick<Night, 'id' | 'startedAt' | 'commit' | 'labels'> & { readonly planned: number },
): Night {
  const { planned, ...rest } = about
  const valid = runs.filter(({ verdict }) => verdict.kind !== 'invalid')
  const cells = groupedBy(valid, ({ run }) =>
    JSON.stringify([run?.scenario, run?.target.replicas ?? null, loadWords(run)]),
  )
  return {
    schema: 1,
    ...rest,
    environment: environmentOf(valid[0]?.run ?? runs[0]?.run ?? null),
    runs: { valid: valid.length, invalid: runs.length - valid.length, planned },
    measured: [...cells.values()].flatMap((cell) =>
      figuresCompared.flatMap(({ metric, unit, better, of }) => {
        const values = cell.flatMap((run) => of(run) ?? [])
        const run = cell[0]?.run
        // A figure that some runs could not give would be of a selection of them.
        if (values.length < cell.length || !run) return []
        const replicas = run.target.replicas
        return [{ scenario: run.scenario, replicas, load: loadWords(run), metric, unit, better, values }]
      }),
    ),
  }
}

const loadWords = (run: Run | null): string =>
  run === null
    ? ''
    : `${run.load.request}, ${run.load.stages
        .map(
          ({ vus, offered, durationMs }) =>
            `${offered === null ? `${vus} VU${vus === 1 ? '' : 's'}` : `${offered}/s`} for ${durationMs / 1000} s`,
        )
        .join(' + ')}, connections ${run.load.connections}`

/** What makes figures another matter when it changes, and is no change of what is tested. */
const environmentOf = (run: Run | null): Night['environment'] => {
  if (!run) return {}
  const { host, target } = run
  return {
    CPU: `${host.cpu ?? 'unknown'} × ${host.cores}`,
    Node: host.node,
    k6: host.k6,
    limits: target.cluster
      ? `${target.cluster.cpuLimit ?? 'no'} CPU, ${target.cluster.memoryLimit ?? 'no'} memory`
      : target.workload
        ? `${target.workload.cpuCores} cores`
        : 'unknown',
  }
}

export type Change = {
  /** Of the first night after it, among the series' points. */
  readonly index: number
  /** Medians of the nights on both sides, up to the changes next to it. */
  readonly before: number
  readonly after: number
  /** after ÷ before; after − before for what may be 0. */
  readonly by: number
  readonly direction: 'worse' | 'better'
  readonly how: 'three nights in a row' | 'many nights'
}

export type Point = {
  readonly night: Night
  readonly value: number
  readonly low: number
  readonly high: number
}

/** A figure over the nights: of each the median of its runs, with the least and the greatest of them. */
export type Series = Omit<Night['measured'][number], 'values'> & {
  readonly name: string
  readonly points: readonly Point[]
  readonly changes: readonly Change[]
  /** Indexes of the points before which the environment changed. */
  readonly environments: readonly number[]
}

/** What was run, without the figure: `constant · 4 replicas`. */
export const cellName = ({ scenario, replicas }: Pick<Series, 'scenario' | 'replicas'>): string =>
  replicas === null ? scenario : `${scenario} · ${replicas} replica${replicas === 1 ? '' : 's'}`

/** Every series of a history, with its changes: nights of different environments are looked at apart. */
export function seriesOf(nights: readonly Night[]): Series[] {
  const ordered = [...nights].sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
  const all = ordered.flatMap((night) => night.measured.map((measured) => ({ night, measured })))
  const series = groupedBy(all, ({ measured: { scenario, replicas, load, metric } }) =>
    JSON.stringify([scenario, replicas, load, metric]),
  )
  return [...series.values()].map((parts) => {
    const { values: _, ...first } = (parts[0] as (typeof parts)[number]).measured
    const points = parts.map(({ night, measured: { values } }): Point => {
      return { night, value: median(values), low: Math.min(...values), high: Math.max(...values) }
    })
    const kinds = points.map(({ night }) => JSON.stringify(night.environment))
    const changes = [...new Set(kinds)].flatMap((kind) => {
      const indexes = [...points.keys()].filter((index) => kinds[index] === kind)
      return changesIn(
        indexes.map((index) => points[index]?.value ?? 0),
        first.better,
      ).map((change) => ({ ...change, index: indexes[change.index] ?? 0 }))
    })
    return {
      ...first,
      name: `${cellName(first)} · ${first.metric}`,
      points,
      changes: changes.sort((a, b) => a.index - b.index),
      environments: [...points.keys()].filter((index) => index > 0 && kinds[index] !== kinds[index - 1]),
    }
  })
}

/** Nights that must agree: one bad night is no change, and neither are two. */
export const inARow = 3
/** How far beyond the nights before, in their own spread (Qn). By simulation: bench/history.ts. */
const spreads = 2.3
/** How far apart the two nearest of them may be: bad nights are each bad in their own way. */
const apart = 4
/** A spread is not known from fewer nights, and older ones than so many say little of it. */
export const fewestBefore = 10
const mostBefore = 60
/** What many nights must show where no three in a row stood out. */
const manyNights = 8
const nearby = 25
const manyP = 1e-5

/**
 * The lasting changes of a series of nights, ascending. First those that three nights in a row agree on: each beyond the
 * median of the nights before by 2.3 of their spreads, the two nearest not far apart, and the three together
 * by `effect` (0.05: 5 %). Then, between those, what E-divisive with the t test (changePoints) finds in a running median
 * of three, which no single bad night moves, where many nights on both sides differ by `effect` and by Mann–Whitney.
 * Ratios where every value is above 0; else differences beyond `leastDifference`.
 */
export function changesIn(
  values: readonly number[],
  better: 'higher' | 'lower',
  { effect = 0.05, leastDifference = 0.001 } = {},
): Change[] {
  const ratio = values.every((value) => value > 0)
  const series = ratio ? values.map(Math.log) : [...values]
  const least = ratio ? Math.log(1 + effect) : leastDifference
  const quick = rowsIn(series, least)
  const found: { index: number; how: Change['how'] }[] = quick.map((index) => ({
    index,
    how: 'three nights in a row',
  }))
  segmentsOf(series.length, quick).forEach(([from, to]) => {
    for (const index of slow(series.slice(from, to), least))
      found.push({ index: from + index, how: 'many nights' })
  })
  found.sort((a, b) => a.index - b.index)
  const ends = [0, ...found.map(({ index }) => index), series.length]
  return found.map(({ index, how }, place) => {
    const [before, after] = [
      median(series.slice(ends[place], index)),
      median(series.slice(index, ends[place + 2])),
    ]
    const greater = after > before
    return {
      index,
      before: ratio ? Math.exp(before) : before,
      after: ratio ? Math.exp(after) : after,
      by: ratio ? Math.exp(after - before) : after - before,
      direction: greater === (better === 'higher') ? 'better' : 'worse',
      how,
    }
  })
}

function rowsIn(series: readonly number[], least: number): number[] {
  const found: number[] = []
  let from = 0
  for (let index = fewestBefore; index + inARow <= series.length; index++) {
    const before = series.slice(Math.max(from, index - mostBefore), index)
    if (before.length < fewestBefore) continue
    const middle = median(before)
    const beyond = series.slice(index, index + inARow).map((value) => value - middle)
    if (Math.abs(median(beyond)) < least) continue
    const side = Math.sign(beyond[0] ?? 0)
    const [nearest = 0, second = 0] = beyond.map((each) => each * side).sort((a, b) => a - b)
    const spread = qn(before)
    if (nearest <= Math.max(spreads * spread, least / 2) || second - nearest > apart * spread) continue
    found.push(index)
    from = index
  }
  return found
}

function slow(series: readonly number[], least: number): number[] {
  if (series.length < 2 * manyNights) return []
  const calm = series.map((_, index) => median(series.slice(Math.max(0, index - 1), index + 2)))
  const splits = changePoints(calm)
  const kept: number[] = []
  splits.forEach((index, place) => {
    // The nights next to it: of a slow drift those far away differ too, and no night is to blame.
    const before = series.slice(Math.max(kept.at(-1) ?? 0, index - nearby), index)
    const after = series.slice(index, Math.min(splits[place + 1] ?? series.length, index + nearby))
    if (before.length < manyNights || after.length < manyNights) return
    if (Math.abs(median(after) - median(before)) < least) return
    if (mannWhitney(before, after).p <= manyP) kept.push(index)
  })
  return kept
}

/** What the last night of a series is to be held against: the nights since its last change, without it. */
export function standing({ points, changes }: Series): {
  usual: number | null
  spread: number | null
  nights: number
} {
  const before = points.slice(changes.at(-1)?.index ?? 0, -1).map(({ value }) => value)
  return {
    usual: before.length > 0 ? median(before) : null,
    spread: before.length >= fewestBefore ? qn(before) : null,
    nights: before.length + 1,
  }
}

/** A change that somebody knows of, with the reason; `night` is the first after it, as the report names it. */
export const Acknowledged = z.array(
  z.object({ series: z.string(), night: z.string(), reason: z.string().min(1) }),
)
export type Acknowledged = z.infer<typeof Acknowledged>

export type Alarm = {
  readonly series: Series
  readonly change: Change
  /** The commits that the change lies between: of the last night before it, and of the first after it. */
  readonly commits: readonly [string | null, string | null]
  readonly since: Night
}

/** The changes for the worse that still stand and that nobody has acknowledged, the greatest first. */
export function alarmsOf(all: readonly Series[], acknowledged: Acknowledged): Alarm[] {
  return all
    .flatMap((series) => {
      const change = series.changes.at(-1)
      const since = change && series.points[change.index]?.night
      if (!change || !since || change.direction === 'better') return []
      const known = acknowledged.some(({ series: name, night }) => name === series.name && night === since.id)
      const before = series.points[change.index - 1]?.night
      return known
        ? []
        : [{ series, change, commits: [before?.commit ?? null, since.commit] as const, since }]
    })
    .sort((a, b) => size(b.change) - size(a.change))
}

const size = ({ by, before }: Change): number => (before > 0 && by > 0 ? Math.abs(Math.log(by)) : Infinity)

/** Of each entry of the plan: invalid or failed where most of its runs were, since one run of many may have met a neighbour. */
export function entryVerdicts(
  runs: readonly RunStatistics[],
): { name: string; kind: 'pass' | 'fail' | 'invalid'; failure: string | null }[] {
  const cells = groupedBy(runs, ({ run }) => (run?.labels.cell ?? '').replace(/\.\d+$/, ''))
  return [...cells].map(([name, cell]) => {
    const of = (kind: string) => cell.filter(({ verdict }) => verdict.kind === kind)
    const [invalid, failed] = [of('invalid'), of('fail')]
    const kind =
      2 * invalid.length >= cell.length ? 'invalid' : 2 * failed.length >= cell.length ? 'fail' : 'pass'
    const told = kind === 'invalid' ? invalid : failed
    return {
      name,
      kind,
      failure:
        kind === 'pass'
          ? null
          : `${told.length} of ${cell.length} runs ${kind === 'fail' ? 'failed' : 'are invalid'}: ${told[0]?.verdict.reasons.join('; ')}`,
    }
  })
}
