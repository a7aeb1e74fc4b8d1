import { quantity } from '../../analysis/formats/words.ts'
import type { Shell } from '../shell/shell.ts'
import { apiAt } from './api.ts'
import type { K6 } from './find.ts'
import { liveFigures } from './live.ts'
import { interruptWith, type K6Options, type K6Run, type Running, startK6 } from './run.ts'
import { startTogether, tearDown, untilOver, type Waiting } from './together.ts'

/** One of several k6s that share a load. */
export type Generator = Pick<K6Options, 'env' | 'args' | 'logFile'> & { readonly name: string }

type Together = Pick<K6Options, 'plannedMs'> & {
  /** Of all of them: more take longer to make. */
  readonly vus: number
  /** Whether the script has a teardown(), which is for the end of the last. */
  readonly teardown: boolean
}

export type GeneratorRun = K6Run & {
  readonly name: string
  /** How long after the first it started. */
  readonly skewMs: number
  /** How long its outputs went on after its load. */
  readonly lingeredMs: number
}

export type GeneratorRuns = { readonly startedAt: Date; readonly runs: readonly GeneratorRun[] }

/** The parts of a load that so many share equally: 0:1/3, 1/3:2/3, 2/3:1. */
export function segmentsOf(count: number): {
  readonly segments: readonly string[]
  readonly sequence: string
} {
  const ends = Array.from({ length: count + 1 }, (_, end) =>
    end === 0 ? '0' : end === count ? '1' : `${end}/${count}`,
  )
  return {
    segments: ends.slice(1).map((end, index) => `${ends[index]}:${end}`),
    sequence: ends.join(','),
  }
}

/** What makes each k6 one of several: it has its part of the load, and waits; the first lingers for a teardown(). */
export function shares(
  count: number,
  { teardown }: { readonly teardown: boolean },
): { readonly segment: string; readonly args: readonly string[] }[] {
  const { segments, sequence } = segmentsOf(count)
  return segments.map((segment, index) => ({
    segment,
    args: [
      ...['--execution-segment', segment, '--execution-segment-sequence', sequence],
      ...['--paused', '--no-setup', '--no-teardown'],
      ...(teardown && index === 0 ? ['--linger'] : []),
    ],
  }))
}

/** How long k6 may take until it has its VUs: a minute, and longer for many. */
const readyWithinMs = (vus: number): number => 60_000 + 20 * vus

/** A k6 that waits for the others; its load ends where `ended` resolves. */
export type Member = Waiting & Pick<Running, 'ended' | 'begin' | 'interrupt' | 'kill'>

/** Starts several k6 on this machine, each paused with its share of the load. */
export async function startHere(
  shell: Shell,
  k6: K6,
  script: string,
  common: Pick<K6Options, 'secrets' | 'paths' | 'at'>,
  generators: readonly Generator[],
): Promise<Member[]> {
  const started = await Promise.allSettled(
    generators.map(async ({ name, ...generator }): Promise<Member> => {
      const running = await startK6(shell, k6, script, { ...common, ...generator })
      const { ended, begin, interrupt, kill, port } = running
      return { name, ended, begin, interrupt, kill, api: apiAt({ port }), trouble: troubleOf(running) }
    }),
  )
  const all = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const refused = started.find((each) => each.status === 'rejected')
  if (!refused) return all
  await Promise.all(all.map((each) => each.kill()))
  throw refused.reason
}

/** Why a k6 ended, once it has. */
export function troubleOf({ ended }: Pick<Running, 'ended'>): () => string | null {
  let why: string | null = null
  ended.then(
    ({ code, signal, error }) => {
      why = error ?? (signal ? `k6 was killed by ${signal}` : `k6 exited with code ${code}`)
    },
    (error: Error) => {
      why = error.message
    },
  )
  return () => why
}

/**
 * Runs a load in several k6s that wait: all start at once, setup() and teardown() run once. One that ends early leaves
 * the others running. A Failure where they could not all start; then none is left.
 */
export async function runTogether(
  shell: Shell,
  all: readonly Member[],
  { vus, teardown, plannedMs }: Together,
): Promise<GeneratorRuns> {
  const { startedAt, skewsMs } = await startTogether(all, {
    readyWithinMs: readyWithinMs(vus),
    signal: shell.signal,
  }).catch(async (error) => {
    await Promise.all(all.map((each) => each.kill()))
    throw error
  })
  for (const each of all) each.begin()
  const live = liveFigures(
    all.map(({ api }) => api),
    plannedMs,
  )
  const done = shell.longWork(
    `${quantity(all.length, 'generator')} ${all.length === 1 ? 'runs' : 'run'} for ${Math.round(plannedMs / 1000)} s …`,
    live.words,
  )
  const [first, ...others] = all as [Member, ...Member[]]
  const lingering = teardown ? lastly(shell, first, others) : null
  const released = (lingering ? others : all).map(({ interrupt }) => interruptWith(shell, interrupt))
  const runs = await Promise.all(
    all.map(async ({ name, ended }, index): Promise<GeneratorRun> => {
      const { error, ...run } = await ended
      if (error) shell.say(`generator ${name}: ${error} (more in its k6.log)`)
      const lingeredMs = index === 0 ? ((await lingering) ?? 0) : 0
      return { ...run, name, skewMs: skewsMs[index] ?? 0, lingeredMs }
    }),
  ).finally(() => {
    live.stop()
    done()
    for (const release of released) release()
  })
  return { startedAt, runs }
}

/** Ends the first, which lingers, when the others have ended and teardown() has run; gives how long it lingered, in ms. */
async function lastly(shell: Shell, first: Member, others: readonly Member[]): Promise<number> {
  const urgent = () => first.interrupt()
  shell.urgent.addEventListener('abort', urgent)
  const [endedAt] = await Promise.all([
    untilOver(first, shell.signal),
    Promise.allSettled(others.map(({ ended }) => ended)),
  ])
  const trouble = await tearDown(first)
  if (trouble !== null) shell.say(`teardown() did not run to its end: ${trouble}`)
  first.interrupt()
  await first.ended.catch(() => {})
  shell.urgent.removeEventListener('abort', urgent)
  return endedAt === null ? 0 : performance.now() - endedAt
}
