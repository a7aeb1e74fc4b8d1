import { execFile, spawn } from 'node:child_process'
import { createWriteStream, readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { Failure } from '../shell/exit.ts'
import { type Exit, exited, guard } from '../shell/processes.ts'
import { longWork, say } from '../shell/progress.ts'
import type { K6 } from './find.ts'
import { freePort, liveFigures } from './live.ts'

/** A plateau as k6 understood the script. */
export type Stage = {
  readonly stage: string
  readonly vus: number
  /** Iterations that are to begin a second; null where each VU waits for its answer. */
  readonly offered: number | null
  readonly startMs: number
  readonly durationMs: number
}

type Use = {
  readonly cpuSeconds: number | null
  /** For a CPU, when it could have run: that it was busy, or a limit kept it away. Over all threads. */
  readonly waitedSeconds: number | null
  readonly maxMemoryMiB: number | null
  readonly machineBusyCores: number | null
}
export type K6Run = Exit & Use

/**
 * The environment for k6: ours and the settings, without the variables that would throw away the script's
 * scenarios, percentiles or summary; how Go is to collect garbage, unless ours says so.
 */
export function k6Environment(
  environment: NodeJS.ProcessEnv,
  settings: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) =>
      !name.startsWith('K6_') ||
      /^K6_(WEB_DASHBOARD|PROMETHEUS_RW|OTEL|INSECURE_SKIP_TLS_VERIFY|DNS|LOCAL_IPS|TLS)/.test(name),
  )
  const memoryMiB = Math.min(os.totalmem(), process.constrainedMemory() || Infinity) / 2 ** 20
  return {
    // k6 makes much garbage beside little that stays, which Go goes through some twenty times a second unless told
    // otherwise: the generator is to take less of what it measures. A long run, whose values stay, is held to half of the
    // memory as far as that goes.
    GOGC: '400',
    GOMEMLIMIT: `${Math.floor(memoryMiB / 2)}MiB`,
    ...Object.fromEntries(kept),
    ...settings,
    K6_NO_USAGE_REPORT: 'true',
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
  }
}

/** The stages that k6 itself reads out of the script: one description of the load, and a script that fails is told before any. */
export async function inspect(k6: K6, script: string, env: NodeJS.ProcessEnv): Promise<Stage[]> {
  const args = ['inspect', '--include-system-env-vars', '-']
  const { stdout, stderr, code } = await new Promise<{ stdout: string; stderr: string; code: unknown }>(
    (resolve) => {
      const child = execFile(
        k6.path,
        args,
        { env, timeout: 30_000, maxBuffer: 2 ** 26 },
        (error, stdout, stderr) => resolve({ stdout, stderr, code: error?.code ?? 0 }),
      )
      child.stdin?.on('error', () => {}).end(script)
    },
  )
  if (code !== 0) throw new Failure('usage', `k6 does not accept the scenario: ${thrown(stderr)}`)
  const { scenarios } = JSON.parse(stdout) as { scenarios: Record<string, Record<string, unknown>> }
  return Object.values(scenarios)
    .map(({ tags, vus, maxVUs, rate, startTime, duration }) => ({
      stage: (tags as { stage?: string } | null)?.stage ?? '',
      vus: Number(vus ?? maxVUs ?? 1),
      offered: rate === undefined ? null : Number(rate),
      startMs: milliseconds(startTime),
      durationMs: milliseconds(duration),
    }))
    .sort((a, b) => a.startMs - b.startMs)
}

// `level=error msg="Error: BASE_URL is not set\n\tat …"`: the sentence without where in the bundle it was thrown.
function thrown(stderr: string): string {
  const message = /msg="((?:[^"\\]|\\.)*)"/.exec(stderr)?.[1] ?? stderr.trim()
  return (
    message
      .split('\\n')[0]
      ?.replace(/^Error: /, '')
      .replaceAll('\\"', '"') ?? message
  )
}

/** Of a duration in Go's notation, which is that of our flags too: "1m30s", "500ms", "0s". */
export function milliseconds(duration: unknown): number {
  const unitMs: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, µs: 0.001 }
  let total = 0
  for (const [, value, unit = ''] of String(duration ?? '').matchAll(/([\d.]+)(ms|µs|h|m|s)/g)) {
    total += Number(value) * (unitMs[unit] ?? 0)
  }
  return total
}

/**
 * Runs k6 and shows how it goes. Aborting `signal` asks it once to stop, which still gives a summary; what
 * it logs goes to `logFile`, where lines that repeat are counted instead of written.
 */
export async function runK6(
  k6: K6,
  script: string,
  {
    env,
    logFile,
    args,
    plannedMs,
    secrets,
    signal,
  }: {
    env: NodeJS.ProcessEnv
    logFile: string
    args: readonly string[]
    plannedMs: number
    /** What must not reach the log. */
    secrets: readonly string[]
    signal: AbortSignal
  },
): Promise<K6Run> {
  const port = await freePort()
  const child = spawn(k6.path, ['run', '--quiet', '--address', `127.0.0.1:${port}`, ...args, '-'], {
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
    // Ctrl-C reaches every process of a terminal's group, and a second signal makes k6 drop its summary: k6 gets
    // a group of its own and hears from us.
    detached: process.platform !== 'win32',
  })
  const ended = exited(child)
  const watch = child.pid ? watchUse(child.pid) : undefined
  const watched = child.pid ? guard(child.pid) : undefined
  const stop = () => {
    child.kill('SIGINT')
    // Whoever asks twice does not want to wait for requests in flight, nor for a summary.
    process.on('SIGINT', () => child.kill('SIGINT'))
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  const live = liveFigures(port, plannedMs)
  const done = longWork(`k6 runs for ${Math.round(plannedMs / 1000)} s …`, live.words)
  child.stdin?.on('error', () => {}).end(script)
  try {
    const [exit] = await Promise.all([
      ended,
      child.stderr ? writeLog(child.stderr, logFile, secrets) : undefined,
    ])
    const unknown = { cpuSeconds: null, waitedSeconds: null, maxMemoryMiB: null, machineBusyCores: null }
    return { ...exit, ...(watch?.stop() ?? unknown) }
  } finally {
    live.stop()
    done()
    signal.removeEventListener('abort', stop)
    watched?.release()
  }
}

const repeatsWritten = 5
const kindsKept = 1000

async function writeLog(
  stderr: NodeJS.ReadableStream,
  file: string,
  secrets: readonly string[],
): Promise<void> {
  const hidden = secrets.filter((secret) => secret.length > 2)
  const log = createWriteStream(file)
  const seen = new Map<string, number>()
  let left = 0
  for await (const written of createInterface({ input: stderr, crlfDelay: Infinity })) {
    const line = hidden.reduce(
      (text, secret) => text.replaceAll(secret, '…'),
      // What a data file put into a query is not known here.
      written.replace(/(https?:\/\/[^\s"?]*)\?[^\s"\\]*/g, '$1?…'),
    )
    // A target that refuses connections makes thousands of the same line a second.
    const kind = line.replace(/^time="[^"]*" /, '')
    const times = (seen.get(kind) ?? 0) + 1
    if (times > 1 || seen.size < kindsKept) seen.set(kind, times)
    if (times <= repeatsWritten && seen.has(kind)) log.write(`${line}\n`)
    else left++
  }
  for (const [kind, times] of seen) if (times > repeatsWritten) log.write(`${times} times in all: ${kind}\n`)
  if (left > 0) log.write(`(${left} lines left out)\n`)
  log.end()
  await finished(log)
  const first = [...seen].find(([kind]) => /^level=(error|fatal)/.test(kind))?.[0]
  if (first) say(`k6: ${thrown(first)} (more in k6.log)`)
}

/**
 * What a process uses and waits for, and what its machine does meanwhile, where the system has /proc; up to half a
 * second before its end is missed.
 */
function watchUse(pid: number): { stop(): Use } {
  const threads = new Map<string, readonly [ran: number, waited: number]>()
  const atStart = machineTicks()
  const startMs = performance.now()
  let waitedStarting = 0
  const sum = (which: 0 | 1) => [...threads.values()].reduce((total, each) => total + each[which], 0) / 1e9
  let maxMemoryMiB: number | null = null
  let machineBusyCores: number | null = null
  const look = () => {
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')
          .split(' ')
          .map(Number)
        threads.set(thread, [ran, waited])
      }
      // A program that starts is busy with all its threads at once; that is no part of the load.
      if (performance.now() - startMs < 1200) waitedStarting = sum(1)
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
      if (peak) maxMemoryMiB = Math.round(Number(peak) / 1024)
      const now = machineTicks()
      if (atStart && now && now.all > atStart.all)
        machineBusyCores = (now.cores * (now.busy - atStart.busy)) / (now.all - atStart.all)
    } catch {}
  }
  const timer = setInterval(look, 500)
  return {
    stop() {
      clearInterval(timer)
      const known = threads.size > 0
      return {
        cpuSeconds: known ? sum(0) : null,
        waitedSeconds: known ? sum(1) - waitedStarting : null,
        maxMemoryMiB,
        machineBusyCores,
      }
    },
  }
}

/** What all cores together have done since the machine started, in the kernel's ticks; null where it does not say. */
function machineTicks(): { busy: number; all: number; cores: number } | null {
  try {
    const text = readFileSync('/proc/stat', 'utf8')
    const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, ...interrupts] = (
      /^cpu +(.*)/.exec(text)?.[1] ?? ''
    )
      .split(' ')
      .map(Number)
    const busy = user + nice + system + interrupts.slice(0, 3).reduce((a, b) => a + b, 0)
    return { busy, all: busy + idle + waiting, cores: text.match(/^cpu\d/gm)?.length ?? 1 }
  } catch {
    return null
  }
}
