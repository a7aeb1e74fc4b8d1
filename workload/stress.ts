import { randomUUID } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import { askedCpuSeconds, type Demand } from './profile.ts'
import type { Share } from './stress-thread.ts'
import { nowMs } from './thread-clock.ts'
import { type KeptThread, keepThread, startThread } from './threads.ts'

export type Load = Demand & { readonly memoryMiB: number }

type JobState = 'running' | 'ended' | 'cancelled' | 'failed'

/** A job at one moment; CPU in seconds, summed over its threads. */
export type Job = Load & {
  readonly id: string
  readonly state: JobState
  /** Why the job failed; null if it did not. */
  readonly reason: string | null
  readonly startedAt: string
  readonly elapsedSeconds: number
  readonly remainingSeconds: number
  /** CPU that its profile has asked for so far. */
  readonly askedCpuSeconds: number
  /** CPU that its threads have burned for it, as the scheduler measured. */
  readonly achievedCpuSeconds: number
  readonly heldMiB: number
}

export type Limits = { readonly threads: number; readonly jobs: number; readonly memoryMiB: number }

type Started =
  | { readonly kind: 'started'; readonly job: Job; readonly finished: Promise<Job> }
  | { readonly kind: 'refused'; readonly reason: 'jobs' | 'memory' }

export type Stress = {
  start(load: Load): Started
  /** Running jobs first, then finished ones, the latest first. */
  list(): Job[]
  find(id: string): Job | undefined
  /** Ends a job now; a finished job stays as it was. */
  cancel(id: string): Job | undefined
  /** Ends all running jobs. */
  cancelAll(): Job[]
  running(): number
  /** CPU seconds that the profiles of all jobs, running and finished, have asked for. */
  askedSeconds(): number
  /** CPU seconds that all jobs, running and finished, have burned. */
  burnedSeconds(): number
  /** Resolves when the memory of all jobs that have ended is free again, so that new ones may hold it. */
  freed(): Promise<unknown>
  /** Threads that ended unexpectedly and were replaced. */
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
  /** The threads that serve it, each with the time since when, in ms. */
  serving: Map<number, number>
  finish(state: JobState, reason?: string): Job
}

/**
 * CPU load in the background, on its own threads, so that it takes none from `/work`. Jobs add up. Whenever
 * one starts or ends, all are reassigned to a bounded number of threads: the heaviest first, each to the
 * least busy threads. When they ask for more than the threads have, every job gets less and reports it.
 */
export function stress(limits: Limits, unitsPerMs: number): Stress {
  const { threads: size, jobs: slots } = limits
  const achievedMs = new Float64Array(new SharedArrayBuffer(8 * size * slots))
  const changes = new Int32Array(new SharedArrayBuffer(4 * size))
  const service = serviceAccount(size)
  const threads: KeptThread[] = []
  const running = new Map<string, Running>()
  const finished = new Map<string, Job>()
  // Memory is free only when the thread that held it is gone.
  const freeing = new Map<Promise<unknown>, number>()
  let nextSlot = 0
  let burnedBeforeMs = 0
  let askedBeforeSeconds = 0
  let lost = 0

  const usedMs = (slot: number) => {
    let sum = 0
    for (let thread = 0; thread < size; thread++) sum += achievedMs[thread * slots + slot] ?? 0
    return sum
  }

  function freeSlot(): number {
    const taken = new Set([...running.values()].map(({ slot }) => slot))
    // Takes slots in turn: a thread may still count for a job that has just ended, which must not go to the
    // next.
    while (taken.has(nextSlot % slots)) nextSlot++
    const slot = nextSlot++ % slots
    for (let thread = 0; thread < size; thread++) achievedMs[thread * slots + slot] = 0
    return slot
  }

  function assign(): void {
    const now = nowMs()
    const busy = Array<number>(size).fill(0)
    const shares: Share[][] = busy.map(() => [])
    const heaviest = [...running.values()].sort((a, b) => perThread(b.load) - perThread(a.load))
    for (const job of heaviest) {
      const chosen = [...busy.keys()]
        .sort((a, b) => (busy[a] ?? 0) - (busy[b] ?? 0))
        .slice(0, threadsOf(job.load))
      const demand = { ...job.load, cores: job.load.cores / threadsOf(job.load) }
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
      send(index, each)
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
        // The new thread starts from now; it does not catch up what the old one still owed.
        const now = nowMs()
        for (const { serving } of running.values()) if (serving.has(index)) serving.set(index, now)
        setImmediate(assign)
      },
    )

  function send(index: number, shares: readonly Share[]): void {
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

  function hold(mib: number, onFailure: (reason: string) => void): Running['memory'] {
    if (mib === 0) return null
    const held = new Int32Array(new SharedArrayBuffer(4))
    const thread = startThread('memory', { mib, held })
    thread.on('error', (error) => onFailure(`cannot allocate ${mib} MiB of memory (${error.message})`))
    return { thread, held }
  }

  function free(thread: Worker, mib: number): void {
    const freed = thread.terminate().finally(() => freeing.delete(freed))
    freeing.set(freed, mib)
  }

  const cancelAll = () => [...running.values()].map(({ finish }) => finish('cancelled'))

  return {
    start(load) {
      if (running.size >= slots) return { kind: 'refused', reason: 'jobs' }
      const held = [...[...running.values()].map(({ load: { memoryMiB } }) => memoryMiB), ...freeing.values()]
      const heldMiB = held.reduce((a, b) => a + b, 0)
      if (heldMiB + load.memoryMiB > limits.memoryMiB) return { kind: 'refused', reason: 'memory' }

      const id = randomUUID()
      let resolve: (job: Job) => void = () => {}
      const ended = new Promise<Job>((done) => {
        resolve = done
      })
      const finish = (state: JobState, reason?: string): Job => {
        const job = running.get(id)
        if (!job) return finished.get(id) as Job
        clearTimeout(job.timer)
        running.delete(id)
        const last = describe(job, state, reason)
        burnedBeforeMs += usedMs(job.slot)
        askedBeforeSeconds += last.askedCpuSeconds
        if (job.memory) free(job.memory.thread, load.memoryMiB)
        finished.set(id, last)
        for (const [oldest] of finished) if (finished.size > slots) finished.delete(oldest)
        assign()
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
      assign()
      return { kind: 'started', job: describe(job, 'running'), finished: ended }
    },
    list: () => [
      ...[...running.values()].map((job) => describe(job, 'running')),
      ...[...finished.values()].reverse(),
    ],
    find(id) {
      const job = running.get(id)
      return job ? describe(job, 'running') : finished.get(id)
    },
    cancel: (id) => running.get(id)?.finish('cancelled') ?? finished.get(id),
    cancelAll,
    running: () => running.size,
    askedSeconds: () =>
      [...running.values()].reduce(
        (sum, { load, startMs }) => sum + askedCpuSeconds(load, (nowMs() - startMs) / 1000),
        askedBeforeSeconds,
      ),
    burnedSeconds: () =>
      (burnedBeforeMs + [...running.values()].reduce((sum, { slot }) => sum + usedMs(slot), 0)) / 1000,
    freed: () => Promise.all(freeing.keys()),
    threadsLost: () => lost,
    async close() {
      cancelAll()
      service.share(0)
      await Promise.all(threads.map((thread) => thread?.stop()))
    },
  }
}

// The CPU share of an idle service. CPU above idle belongs to requests, not to the load.
const maxIdleShare = 0.003
// Collecting garbage uses it in bursts.
const burstMs = 20

/**
 * Counts the CPU that the process uses outside the load threads (timers, collecting garbage) as part of the
 * loads, so that a load of 10 % makes the process use 10 %. The cells hold the CPU ms so far, the number of
 * threads that share it, and the CPU ms of each thread.
 */
function serviceAccount(threads: number): { readonly cells: Float64Array; share(threads: number): void } {
  const cells = new Float64Array(new SharedArrayBuffer(8 * (2 + threads)))
  let timer: NodeJS.Timeout | undefined
  let [startMs, usedBeforeMs, countedMs] = [0, 0, 0]
  const usedMs = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000 - cells.subarray(2).reduce((sum, threadMs) => sum + threadMs, 0)
  }
  const update = () => {
    const maxMs = burstMs + maxIdleShare * (nowMs() - startMs)
    const more = Math.max(0, Math.min(usedMs() - usedBeforeMs, maxMs) - countedMs)
    countedMs += more
    cells[0] = (cells[0] ?? 0) + more
  }
  return {
    cells,
    share(threads) {
      cells[1] = threads
      if (threads > 0 && !timer) {
        ;[startMs, usedBeforeMs, countedMs] = [nowMs(), usedMs(), 0]
        timer = setInterval(update, 1000).unref()
      } else if (threads === 0) {
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

const threadsOf = ({ cores }: Load) => Math.max(1, Math.ceil(cores))

/** Peak load per thread, in per cent of a core. */
const perThread = (load: Load) => (load.cores * load.load) / threadsOf(load)
