import { z } from 'zod'
import { numberOrNull, parseJson } from './json.ts'

/** What is known of a k6 process that made load. */
export const Process = z.object({
  exitCode: numberOrNull.describe('null when a signal killed it'),
  signal: z.string().nullable(),
  cpuSeconds: numberOrNull.describe('CPU that the generator used; null where it cannot be read'),
  waitedSeconds: numberOrNull
    .default(null)
    .describe('time its threads were runnable but not running: the CPU was busy, or a limit throttled them'),
  throttled: numberOrNull
    .default(null)
    .describe(
      'share of the periods of its CPU limit in which the limit held it back; null without a limit of its own, or where it cannot be read',
    ),
  machineBusyCores: numberOrNull
    .default(null)
    .describe('CPU that all processes on the generator’s machine used, averaged over the run'),
  maxMemoryMiB: numberOrNull,
  shortages: z
    .array(
      z.object({
        what: z.enum(['open files', 'ports', 'memory']),
        requests: z.number().describe('that failed for it'),
        limit: numberOrNull.describe('how many the generator may have; null where unknown'),
      }),
    )
    .default([])
    .describe('what the generator’s machine ran out of, as k6’s log says'),
  warnings: z
    .array(z.string())
    .default([])
    .describe('the most frequent different warnings and errors of k6’s log, at most three, without secrets'),
})
export type Process = z.infer<typeof Process>

/** One of several k6 that shared a load; null is what nobody knows of it. */
export const Generator = z.object({
  name: z.string().describe('its own results are in generators/<name>/ of the result folder'),
  node: z
    .string()
    .nullable()
    .describe('of a cluster, or a name for another machine; null for a process on the runner’s machine'),
  segment: z.string().nullable().describe('k6’s execution segment: 1/3:2/3'),
  k6: z.string().nullable().describe('its version'),
  cores: numberOrNull.describe('that it may use'),
  startedAt: z.string().nullable().describe('of its load, in UTC'),
  skewMs: numberOrNull.describe('how long after the first one its load started'),
  process: Process.nullable(),
  figures: z
    .object({
      durationMs: numberOrNull,
      requests: numberOrNull,
      failed: numberOrNull,
      meanMs: numberOrNull,
      p50Ms: numberOrNull,
      p95Ms: numberOrNull,
      ratio: z
        .object({ value: z.number(), low: z.number(), high: z.number() })
        .nullable()
        .describe('of its mean latency to that of the others, from periods; null where these are too few'),
    })
    .nullable()
    .default(null)
    .describe('of its own part of the load; null without its summary'),
})
export type Generator = z.infer<typeof Generator>

/** `3 on other machines`; what shares a machine, or is nearer to the target, meets other latencies. */
export const placeWords = (generators: readonly Generator[] = []): string => {
  const elsewhere = generators.some(({ node }) => node !== null)
  return `${Math.max(1, generators.length)} ${elsewhere ? 'on other machines' : 'on the runner’s machine'}`
}

/** A generator of which nothing but its summary is known. */
export const strangeGenerator = (name: string): Generator => ({
  name,
  node: null,
  segment: null,
  k6: null,
  cores: null,
  startedAt: null,
  skewMs: null,
  process: null,
  figures: null,
})

const Told = z.object({
  generator: z.object({
    name: z.string().nullable().catch(null),
    segment: z.string().nullable().catch(null),
    startedAt: z.string().nullable().catch(null),
    load: z.string().nullable().catch(null).describe('identifies its options'),
  }),
})

/** What a summary says of the generator that made it, beside k6's own figures; null where it says nothing. */
export function generatorOf(summary: string): z.infer<typeof Told>['generator'] | null {
  const json = parseJson(summary)
  const told = json.kind === 'ok' ? Told.safeParse(json.value) : null
  return told?.success ? told.data.generator : null
}

/** Several processes as one: sums, and null where one of them is not known. */
export function allProcesses(processes: readonly (Process | null)[]): Process {
  const known = processes.flatMap((each) => each ?? [])
  const sum = (of: (each: Process) => number | null): number | null =>
    processes.reduce<number | null>((all, each) => {
      const value = each && of(each)
      return all === null || value === null ? null : all + value
    }, 0)
  const bad = known.find(({ exitCode, signal }) => signal || (exitCode !== 0 && exitCode !== 99))
  const whats = new Set(known.flatMap(({ shortages }) => shortages.map(({ what }) => what)))
  return {
    exitCode: bad ? bad.exitCode : 0,
    signal: bad?.signal ?? null,
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    waitedSeconds: sum(({ waitedSeconds }) => waitedSeconds),
    throttled: known.reduce<number | null>(
      (most, { throttled }) => (throttled === null ? most : Math.max(most ?? 0, throttled)),
      null,
    ),
    // Of one machine; a sum would count what several k6 share.
    machineBusyCores: null,
    maxMemoryMiB: sum(({ maxMemoryMiB }) => maxMemoryMiB),
    shortages: [...whats].map((what) => {
      const of = known.flatMap(({ shortages }) => shortages.filter((each) => each.what === what))
      const [limit = null, ...others] = new Set(of.map((each) => each.limit))
      return {
        what,
        requests: of.reduce((all, { requests }) => all + requests, 0),
        limit: others.length > 0 ? null : limit,
      }
    }),
    warnings: [...new Set(known.flatMap(({ warnings }) => warnings))].slice(0, 3),
  }
}

/** Where a generator's own summary.json, timeline.ndjson and k6.log are, in the folder of the run. */
export const generatorFolder = (name: string): string => `generators/${name}`

export const Merge = z
  .object({
    problems: z.array(z.string()).describe('why the figures are not those of the whole load'),
    notes: z.array(z.string()).describe('what to know of the figures'),
  })
  .describe('how the results of several generators became one')
export type Merge = z.infer<typeof Merge>
