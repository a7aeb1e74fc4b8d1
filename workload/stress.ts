import { randomUUID } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import { askedCpuSeconds, type Demand } from './profile.ts'
import type { Share } from './stress-thread.ts'
import { nowMs } from './thread-clock.ts'
import { type KeptThread, keepThread, startThread } from './threads.ts'

export type Load = Demand & { readonly memoryMiB: number }

export type JobState = 'running' | 'ended' | 'cancelled' | 'failed'

/** A job as it stands; CPU in seconds, summed over its threads. */
export type Job = Load & {
  readonly id: string
  readonly state: JobState
  /** Why it failed. */
  readonly reason: string | null
  readonly startedAt: string
  readonly elapsedSeconds: number
  readonly remainingSeconds: number
  /** What its profile asked for so far. */
  readonly askedCpuSeconds: number
  /** What its threads have burned for it, by the scheduler's account. */
  readonly achievedCpuSeconds: number
  readonly heldMiB: number
}

export type Limits = { readonly threads: number; readonly jobs: number; readonly memoryMiB: number }

export type Started =
  | { readonly kind: 'started'; readonly job: Job; readonly over: Promise<Job> }
  | { readonly kind: 'refused'; readonly reason: 'jobs' | 'memory' }

export type Stress = {
  start(load: Load): Started
  /** Running ones first, then the last that are over. */
  list(): Job[]
  find(id: string): Job | undefined
  /** Ends a job now; one that is over stays as it was. */
  cancel(id: string): Job | undefined
  /** Ends every job that runs. */
  cancelAll(): Job[]
  running(): number
  /** CPU seconds that all jobs ever burned. */
  burnedSeconds(): number
  /** Threads that ended by themselves and were replaced. */
  threadsLost(): number
  close(): Promise<void>
}

type Running = {
  readonly id: string
  readonly load: Load
  readonly slot: number
  readonly startMs: number
  readonly startedAt: string
  readonly timer: NodeJS.Timeout
  readonly memory: { readonly thread: Worker; readonly held: Int32Array } | null
  /** The threads that serve it, each with the moment since when. */
  serving: Map<number, number>
  finish(state: JobState, reason?: string): Job
}

/**
 * CPU load in the background, on threads of its own so that `/work` keeps its. Jobs add up: they are dealt out
 * anew over a bounded number of threads whenever one begins or ends, the heaviest first, each to the threads
 * with the least to do. Where more is asked for than the threads have, every job gets less, and says so.
 */
export function stress(limits: Limits, unitsPerMs: number): Stress {
  const { threads: size, jobs: slots } = limits
  const achievedMs = new Float64Array(new SharedArrayBuffer(8 * size * slots))
  const changes = new Int32Array(new SharedArrayBuffer(4 * size))
  const service = serviceAccount(size)
  const threads: KeptThread[] = []
  const running = new Map<string, Running>()
  const over = new Map<string, Job>()
  let nextSlot = 0
  let burnedBeforeMs = 0
  let lost = 0

  const usedMs = (slot: number) => {
    let sum = 0
    for (let thread = 0; thread < size; thread++) sum += achievedMs[thread * slots + slot] ?? 0
    return sum
  }

  function freeSlot(): number {
    const taken = new Set([...running.values()].map(({ slot }) => slot))
    // Round the slots, so that a thread that has not heard of a job's end yet does not count for the next.
    while (taken.has(nextSlot % slots)) nextSlot++
    const slot = nextSlot++ % slots
    for (let thread = 0; thread < size; thread++) achievedMs[thread * slots + slot] = 0
    return slot
  }

  function deal(): void {
    const now = nowMs()
    const busy = Array<number>(size).fill(0)
    const shares: Share[][] = busy.map(() => [])
    const heaviest = [...running.values()].sort((a, b) => perThread(b.load) - perThread(a.load))
    for (const job of heaviest) {
      const count = threadsOf(job.load)
      const chosen = [...busy.keys()].sort((a, b) => (busy[a] ?? 0) - (busy[b] ?? 0)).slice(0, count)
      const demand = { ...job.load, cores: job.load.cores / count }
      const before = job.serving
      job.serving = new Map(
        chosen.map((thread) => [thread, before.get(thread) ?? (before.size === 0 ? job.startMs : now)]),
      )
      for (const [thread, sinceMs] of job.serving) {
        busy[thread] = (busy[thread] ?? 0) + perThread(job.load)
        shares[thread]?.push({ slot: job.slot, startMs: job.startMs, sinceMs, demand })
      }
    }
    service.share(shares.filter((each) => each.length > 0).length)
    shares.forEach((each, index) => {
      if (each.length > 0) threads[index] ??= thread(index)
      tell(index, each)
    })
  }

  const thread = (index: number): KeptThread =>
    keepThread(
      () =>
        startThread('stress', {
          changes,
          achievedMs,
          service: service.cells,
          thread: index,
          slots,
          unitsPerMs,
        }),
      () => {
        lost++
        // The new thread has heard of nothing yet; what the old one had still to do is not made up for.
        const now = nowMs()
        for (const { serving } of running.values()) if (serving.has(index)) serving.set(index, now)
        setImmediate(deal)
      },
    )

  function tell(index: number, shares: readonly Share[]): void {
    threads[index]?.worker().postMessage(shares)
    Atomics.add(changes, index, 1)
    Atomics.notify(changes, index)
  }

  function describe(
    { id, load, slot, startMs, startedAt, memory }: Running,
    state: JobState,
    reason?: string,
  ): Job {
    const elapsed = Math.min((nowMs() - startMs) / 1000, load.seconds)
    return {
      id,
      ...load,
      state,
      reason: reason ?? null,
      startedAt,
      elapsedSeconds: elapsed,
      remainingSeconds: state === 'running' ? load.seconds - elapsed : 0,
      askedCpuSeconds: askedCpuSeconds(load, elapsed),
      achievedCpuSeconds: usedMs(slot) / 1000,
      heldMiB: state === 'running' ? (memory?.held[0] ?? 0) : 0,
    }
  }

  function hold(mib: number, failed: (reason: string) => void): Running['memory'] {
    if (mib === 0) return null
    const held = new Int32Array(new SharedArrayBuffer(4))
    const thread = startThread('memory', { mib, held })
    thread.on('error', (error) => failed(`${mib} MiB of memory were not to be had (${error.message})`))
    return { thread, held }
  }

  const cancelAll = () => [...running.values()].map(({ finish }) => finish('cancelled'))

  return {
    start(load) {
      if (running.size >= slots) return { kind: 'refused', reason: 'jobs' }
      const heldMiB = [...running.values()].reduce((sum, { load: { memoryMiB } }) => sum + memoryMiB, 0)
      if (heldMiB + load.memoryMiB > limits.memoryMiB) return { kind: 'refused', reason: 'memory' }

      const id = randomUUID()
      let resolve: (job: Job) => void = () => {}
      const ended = new Promise<Job>((done) => {
        resolve = done
      })
      const finish = (state: JobState, reason?: string): Job => {
        const job = running.get(id)
        if (!job) return over.get(id) as Job
        clearTimeout(job.timer)
        running.delete(id)
        const last = describe(job, state, reason)
        burnedBeforeMs += usedMs(job.slot)
        job.memory?.thread.terminate()
        over.set(id, last)
        // As many that are over are remembered as may run.
        for (const [oldest] of over) if (over.size > slots) over.delete(oldest)
        deal()
        resolve(last)
        return last
      }
      const job: Running = {
        id,
        load,
        slot: freeSlot(),
        startMs: nowMs(),
        startedAt: new Date().toISOString(),
        // Newer Nodes fire a timer up to a millisecond early.
        timer: setTimeout(() => finish('ended'), load.seconds * 1000 + 1),
        memory: hold(load.memoryMiB, (reason) => finish('failed', reason)),
        serving: new Map(),
        finish,
      }
      running.set(id, job)
      deal()
      return { kind: 'started', job: describe(job, 'running'), over: ended }
    },
    list: () => [
      ...[...running.values()].map((job) => describe(job, 'running')),
      ...[...over.values()].reverse(),
    ],
    find(id) {
      const job = running.get(id)
      return job ? describe(job, 'running') : over.get(id)
    },
    cancel: (id) => running.get(id)?.finish('cancelled') ?? over.get(id),
    cancelAll,
    running: () => running.size,
    burnedSeconds: () =>
      (burnedBeforeMs + [...running.values()].reduce((sum, { slot }) => sum + usedMs(slot), 0)) / 1000,
    threadsLost: () => lost,
    async close() {
      cancelAll()
      service.share(0)
      await Promise.all(threads.map((thread) => thread?.stop()))
    },
  }
}

// More than a service needs that is only at hand is somebody's requests, and no part of a load.
const mostOfService = 0.003
// It comes in bursts, whenever garbage is collected.
const burstMs = 20

/**
 * What the process uses beside the threads that make load – timers, collecting garbage – counts as part of the loads, so
 * that a load of 10 % makes the process use 10 %. The cells: milliseconds of CPU so far, the threads that they are
 * shared by, and from each thread what it has used itself.
 */
function serviceAccount(threads: number): { readonly cells: Float64Array; share(threads: number): void } {
  const cells = new Float64Array(new SharedArrayBuffer(8 * (2 + threads)))
  let timer: NodeJS.Timeout | undefined
  let [startMs, usedBeforeMs, countedMs] = [0, 0, 0]
  const used = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000 - cells.subarray(2).reduce((sum, own) => sum + own, 0)
  }
  const count = () => {
    const most = burstMs + mostOfService * (nowMs() - startMs)
    const more = Math.max(0, Math.min(used() - usedBeforeMs, most) - countedMs)
    countedMs += more
    cells[0] = (cells[0] ?? 0) + more
  }
  return {
    cells,
    share(threads) {
      cells[1] = threads
      if (threads > 0 && !timer) {
        ;[startMs, usedBeforeMs, countedMs] = [nowMs(), used(), 0]
        timer = setInterval(count, 1000).unref()
      } else if (threads === 0) {
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

const threadsOf = ({ cores }: Load) => Math.max(1, Math.ceil(cores))

/** Per cent of one core, at its height. */
const perThread = (load: Load) => (load.cores * load.load) / threadsOf(load)
