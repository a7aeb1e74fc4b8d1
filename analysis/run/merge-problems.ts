import { keyOf } from '../formats/format-summary.ts'
import type { Generator } from '../formats/generators.ts'
import { plannedMs } from '../formats/load.ts'
import type { Run } from '../formats/run.ts'
import type { Summary } from '../formats/summary.ts'
import { number } from '../formats/words.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import type { GeneratorPart } from './merge.ts'
import { durationOf } from './merged-metrics.ts'
import { exitReason } from './verdict.ts'

/** A part that ran for a smaller share of the time of the longest one did not make its part of the load. */
const shortest = 0.9
const shortestMs = 1000

/** Why the merged figures are not those of the whole load, each naming the part. */
export function partProblems(
  parts: readonly GeneratorPart[],
  stages: Run['load']['stages'] | null,
): string[] {
  return [
    ...parts.flatMap(({ generator: { name, process }, summary }) => [
      ...(summary.kind === 'unreadable' ? [`generator ${name} left no figures: ${summary.reason}`] : []),
      ...(process
        ? [exitReason(process)].flatMap((why) => why ?? []).map((why) => `generator ${name}: ${why}`)
        : []),
    ]),
    ...shortParts(parts, stages),
    ...apart(parts),
    ...twice(parts),
    ...different(parts, 'k6 version', ({ generator }) => generator.k6),
    ...different(parts, 'script, load or target', ({ script }) => script ?? null),
    ...different(parts, 'set of thresholds', ({ summary }) =>
      summary.kind === 'summary' && summary.summary.shape !== 'machine-readable'
        ? thresholdsOf(summary.summary)
        : null,
    ),
    ...segmentProblems(parts.map(({ generator }) => generator)),
  ]
}

const thresholdsOf = ({ thresholds }: Summary): string =>
  thresholds
    .map(({ metric, expression }) => `${metric} ${expression}`)
    .sort()
    .join(', ')

function shortParts(parts: readonly GeneratorPart[], stages: Run['load']['stages'] | null): string[] {
  // Where iterations are counted, a part may be done early.
  if (stages?.some(({ iterations }) => iterations !== undefined)) return []
  const known = parts.flatMap(({ generator: { name, process }, summary }) => {
    const durationMs = summary.kind === 'summary' ? durationOf(summary.summary) : null
    // One that ended by itself had no more to do: a k6 scenario with fewer VUs leaves some generators out.
    return durationMs === null || process?.exitCode === 0 ? [] : [{ name, durationMs }]
  })
  const longest = largest(known.map(({ durationMs }) => durationMs))
  const planned = stages ? plannedMs(stages) : longest
  const least = Math.min(shortest * planned, planned - shortestMs)
  return known
    .filter(({ durationMs }) => durationMs < least)
    .map(
      ({ name, durationMs }) =>
        `generator ${name} ran for ${number(durationMs / 1000)} s of ${number(planned / 1000)} s; was it interrupted?`,
    )
}

/** Those that did not run for most of the time in which the first one did. */
function apart(parts: readonly GeneratorPart[]): string[] {
  const known = parts.flatMap(({ generator: { name, startedAt }, summary }) => {
    const durationMs = summary.kind === 'summary' ? durationOf(summary.summary) : null
    return durationMs === null || startedAt === null ? [] : [{ name, at: Date.parse(startedAt), durationMs }]
  })
  const first = smallest(known.map(({ at }) => at))
  const longest = largest(known.map(({ durationMs }) => durationMs))
  return known
    .filter(({ at }) => at - first > Math.max((1 - shortest) * longest, shortestMs))
    .map(
      ({ name, at }) =>
        `generator ${name} started ${number((at - first) / 1000)} s after the first, of a load of ${number(longest / 1000)} s`,
    )
}

/** One result that was given twice counts its requests twice. */
function twice(parts: readonly GeneratorPart[]): string[] {
  const seen = new Map<string, string>()
  return parts.flatMap(({ generator: { name }, summary }) => {
    if (summary.kind === 'unreadable') return []
    const { durationMs, metrics } = summary.summary
    const key = JSON.stringify([
      durationMs,
      metrics.map((each) => JSON.stringify([keyOf(each), each.values])).sort(),
    ])
    const before = seen.get(key)
    seen.set(key, name)
    return before === undefined
      ? []
      : [`generators ${before} and ${name} have the same result, counted twice`]
  })
}

/** The parts that differ from what most have. */
function different(
  parts: readonly GeneratorPart[],
  what: string,
  of: (part: GeneratorPart) => string | null,
): string[] {
  const known = parts.flatMap((part) => {
    const value = of(part)
    return value === null ? [] : [{ name: part.generator.name, value }]
  })
  const counts = new Map<string, number>()
  for (const { value } of known) counts.set(value, (counts.get(value) ?? 0) + 1)
  const most = largest([...counts.values(), 0])
  const [usual] = [...counts].find(([, count]) => count === most) ?? []
  return known
    .filter(({ value }) => value !== usual)
    .map(({ name, value }) =>
      what === 'k6 version'
        ? `generator ${name} ran k6 ${value}, others k6 ${usual}`
        : `generator ${name} had another ${what} than the others`,
    )
}

/** Parts of the load that no generator made, or two. None where no segment is known. */
export function segmentProblems(generators: readonly Pick<Generator, 'name' | 'segment'>[]): string[] {
  const parts = generators.flatMap(({ name, segment }) => {
    const ends = segment === null ? null : segmentEnds(segment)
    return ends ? [{ name, ends }] : []
  })
  if (parts.length === 0) return []
  parts.sort((a, b) => a.ends[0] - b.ends[0] || a.ends[1] - b.ends[1])
  const problems: string[] = []
  let [to, last] = [0, '']
  for (const { name, ends } of parts) {
    const [from, end] = ends
    if (from > to + tiny)
      problems.push(`no generator made the part ${number(to)} to ${number(from)} of the load`)
    if (from < to - tiny && end > from)
      problems.push(
        `generators ${last} and ${name} both made the part ${number(from)} to ${number(Math.min(to, end))} of the load`,
      )
    if (end > to) [to, last] = [end, name]
  }
  if (to < 1 - tiny) problems.push(`no generator made the part ${number(to)} to 1 of the load`)
  return problems
}

const tiny = 1e-9

/** Of `1/3:2/3`, `0.25:0.5`, `25%:50%`, or `1/4`, which starts at 0; null where it cannot be read. Source: k6, lib/execution_segment.go. */
function segmentEnds(segment: string): [from: number, to: number] | null {
  const ends = segment.split(':').map((text) => {
    const [, above = '', below] = /^([\d.]+)(?:\/(\d+))?%?$/.exec(text.trim()) ?? []
    return Number(above || Number.NaN) / (text.trim().endsWith('%') ? 100 : Number(below ?? 1))
  })
  const [from, to] =
    ends.length === 1 ? [0, ends[0] ?? Number.NaN] : [ends[0] ?? Number.NaN, ends[1] ?? Number.NaN]
  return from >= 0 && to <= 1 && from < to ? [from, to] : null
}
