import { setTimeout as sleep } from 'node:timers/promises'
import { smallest } from '../../analysis/numbers/extremes.ts'
import { Failure } from '../shell/exit.ts'
import type { Api } from './api.ts'

/** One k6 that was started with --paused, --no-setup and --no-teardown. */
export type Waiting = {
  readonly name: string
  readonly api: Api
  /** Why it will never be ready; null while it still may. */
  trouble(): Promise<string | null> | string | null
}

/** k6's states of a test, in their order (lib.ExecutionStatus): what is paused has all its VUs. */
const [paused, ended] = [4, 9]

const answerMs = 5000
const lookMs = 100

/** When each was resumed, in ms after the first. */
type Started = { readonly startedAt: Date; readonly skewsMs: readonly number[] }

/**
 * Waits until every k6 has its VUs, runs setup() in the first, hands what it returned to the others, and resumes all at
 * once. A Failure says which was not ready and why; then nothing was loaded. (A setup() that waits for the others would
 * be part of the test, and so of its duration and rates.)
 * @param readyWithinMs from now
 */
export async function startTogether(
  all: readonly Waiting[],
  { readyWithinMs, signal }: { readonly readyWithinMs: number; readonly signal: AbortSignal },
): Promise<Started> {
  const until = performance.now() + readyWithinMs
  // A hundred looks a second, however many there are: those in pods are asked through the API server.
  const everyMs = lookMs * Math.ceil(all.length / 10)
  await Promise.all(all.map((each) => ready(each, { until, everyMs, signal })))
  await setUp(all, signal)
  const resumed = await Promise.all(
    all.map(async ({ name, api }) => {
      const unpaused = { data: { type: 'v1/status', id: 'default', attributes: { paused: false } } }
      await api(
        'PATCH',
        'v1/status',
        unpaused,
        AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      ).catch((error: Error) => {
        if (signal.aborted) throw notStarted('', signal)
        throw new Failure(
          'invalid',
          `the generator ${name} did not start with the others, which were stopped (${error.message})`,
        )
      })
      return Date.now()
    }),
  )
  const first = smallest(resumed)
  return { startedAt: new Date(first), skewsMs: resumed.map((at) => at - first) }
}

async function ready(
  { name, api, trouble }: Waiting,
  {
    until,
    everyMs,
    signal,
  }: { readonly until: number; readonly everyMs: number; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)])
    const { status = null } = await api('GET', 'v1/status', undefined, limit).catch(() => ({ status: null }))
    if (status === paused) return
    const why = await trouble()
    if (why !== null) throw notStarted(`the generator ${name} is not ready: ${why}`, signal, 'environment')
    if (performance.now() > until || signal.aborted)
      throw notStarted(
        `the generator ${name} was not ready in time${status === null ? '' : ' (k6 is still making its VUs)'}`,
        signal,
        'environment',
      )
    await sleep(everyMs)
  }
}

async function setUp([first, ...others]: readonly Waiting[], signal: AbortSignal): Promise<void> {
  if (!first) return
  // k6 itself limits it, by the script's setupTimeout.
  const { data = null } = await first.api('POST', 'v1/setup', undefined, signal).catch((error: Error) => {
    throw notStarted(`setup() failed: ${firstLine(error.message)}`, signal)
  })
  if (data === null) return
  await Promise.all(
    others.map(({ name, api }) =>
      api('PUT', 'v1/setup', data, signal).catch((error: Error) => {
        throw notStarted(
          `the generator ${name} did not take what setup() returned (${error.message})`,
          signal,
        )
      }),
    ),
  )
}

/**
 * When the load of a k6 is over that was started with --linger, of performance.now(); null where it ended by itself, or
 * was interrupted.
 */
export async function untilOver({ api, trouble }: Waiting, signal: AbortSignal): Promise<number | null> {
  while (!signal.aborted && (await trouble()) === null) {
    const { status = 0 } = await api('GET', 'v1/status', undefined, AbortSignal.timeout(answerMs)).catch(
      () => ({
        status: 0,
      }),
    )
    if (Number(status) >= ended) return performance.now()
    await sleep(lookMs, undefined, { signal }).catch(() => {})
  }
  return null
}

/** Runs teardown() in a k6 that lingers; gives why it did not run to its end, or null. */
export const tearDown = async ({ api, trouble }: Waiting): Promise<string | null> =>
  (await trouble()) ??
  // k6 itself limits it, by the script's teardownTimeout.
  api('POST', 'v1/teardown', undefined, new AbortController().signal).then(
    () => null,
    (error: Error) => firstLine(error.message),
  )

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/ at \S+ \(.*$/, '')

const notStarted = (
  why: string,
  signal: AbortSignal,
  ending: 'invalid' | 'environment' = 'invalid',
): Failure =>
  signal.aborted
    ? new Failure('interrupted', 'interrupted before the load started')
    : new Failure(ending, `${why}; nothing was loaded`)
