import type { UsageSample } from '../../analysis/formats/recording.ts'
import type { Run } from '../../analysis/formats/run.ts'
import { memoryMiB } from '../shell/host.ts'
import { type Exit, start } from '../shell/processes.ts'
import type { Shell } from '../shell/shell.ts'
import { apiAt } from './api.ts'
import type { K6 } from './find.ts'
import { freePort } from './free-port.ts'
import { liveFigures } from './live.ts'
import { copyLog } from './log.ts'
import { type Usage, watchUsage } from './usage.ts'

export type K6Options = {
  readonly env: NodeJS.ProcessEnv
  readonly logFile: string
  readonly args: readonly string[]
  readonly plannedMs: number
  /** Texts that must not appear in the log. */
  readonly secrets: readonly string[]
  /** Whether the log may show the paths of URLs; default: it may. */
  readonly paths?: boolean
  /** The folder that the script's own paths start from. */
  readonly at?: string | undefined
}

export type K6Run = Exit &
  Usage &
  Pick<Run['k6'], 'shortages' | 'warnings'> & { readonly samples: readonly UsageSample[] }

/**
 * Variables of k6 that a run keeps: how to reach and greet the target, and how its outputs work. Any other could override
 * the script's load, percentiles or summary, or send more than it says
 * (https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/).
 */
const keptVariables =
  /^K6_(USER_AGENT|INSECURE_SKIP_TLS_VERIFY|TLS.*|DNS|LOCAL_IPS|BLOCK_HOSTNAMES|SECRET_SOURCE(_.*)?|BROWSER_.*|(WEB_DASHBOARD|PROMETHEUS_RW|OTEL|INFLUXDB|STATSD|CSV)_.*)$|^K6_WEB_DASHBOARD$/
/** Where our k6 comes from, and what we set anyway. */
const ownVariables = /^K6_(BIN|FROM|RELEASES|NO_USAGE_REPORT|AUTO_EXTENSION_RESOLUTION)$/

/** Says which variables of k6 do not change the run. */
export function sayDropped({ env, say }: Pick<Shell, 'env' | 'say'>): void {
  const dropped = Object.keys(env).filter(
    (name) => name.startsWith('K6_') && env[name] && !keptVariables.test(name) && !ownVariables.test(name),
  )
  if (dropped.length > 0)
    say(`${dropped.join(', ')}: not passed to k6, since it could change what is measured; use the flags`)
}

/**
 * The environment for k6: `env` and the settings, without the K6_ variables that would override the script's
 * scenarios, percentiles or summary, and without proxies, which would take the load elsewhere unseen.
 */
export function k6Environment(
  env: NodeJS.ProcessEnv,
  settings: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) =>
      (!name.startsWith('K6_') && !/^(https?|all|no)_proxy$/i.test(name)) || keptVariables.test(name),
  )
  return {
    // k6 makes much garbage and keeps little, so by default Go collects it some twenty times a second.
    // Collecting less often leaves that CPU to the target. A long run keeps more; the limit makes Go collect
    // more often once that takes half of the memory.
    GOGC: '400',
    GOMEMLIMIT: `${Math.floor(memoryMiB() / 2)}MiB`,
    ...Object.fromEntries(kept),
    ...settings,
    K6_NO_USAGE_REPORT: 'true',
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
  }
}

/** A k6 that runs. */
export type Running = {
  /** Of its REST API, on loopback. */
  readonly port: number
  /** Ends with what it used and what its log says. */
  readonly ended: Promise<K6Run & { readonly error: string | undefined }>
  /** Its load begins only now: what it waited for a CPU before does not count. */
  begin(): void
  /** The first time k6 stops and makes its summary; the second time it drops the requests in flight and the summary. */
  interrupt(): void
  kill(): Promise<void>
}

type Start = Omit<K6Options, 'plannedMs'>

/** Starts k6 with a script on its standard input. */
export async function startK6(
  { secrets: known }: Pick<Shell, 'secrets'>,
  k6: K6,
  script: string,
  { env, logFile, args, secrets, paths, at }: Start,
): Promise<Running> {
  const port = await freePort()
  const { child, pid, ended, end } = start(
    k6.path,
    ['run', '--quiet', '--address', `127.0.0.1:${port}`, ...args, '-'],
    { env, stdio: ['pipe', 'ignore', 'pipe'], ...(at !== undefined && { cwd: at }) },
  )
  // Where no more files can be opened, it has no pipes, and has failed.
  if (!child.stderr) await ended
  const usage = watchUsage(pid)
  child.stdin?.on('error', () => {}).end(script)
  const logged = copyLog(
    child.stderr as NodeJS.ReadableStream,
    logFile,
    [...secrets, ...known],
    paths === undefined ? {} : { paths },
  )
  return {
    port,
    ended: Promise.all([ended, logged])
      .finally(() => usage.stop())
      .then(([exit, logged]) => ({ ...exit, ...usage.stop(), ...logged })),
    begin: usage.begin,
    interrupt: () => void child.kill('SIGINT'),
    kill: end,
  }
}

/** Interrupts k6 when the command is, until what it returns is called. */
export function interruptWith(
  { signal, urgent }: Pick<Shell, 'signal' | 'urgent'>,
  interrupt: () => void,
): () => void {
  // k6 distinguishes the first SIGINT from the second.
  const interruptions = [signal, urgent]
  for (const each of interruptions) {
    if (each.aborted) interrupt()
    each.addEventListener('abort', interrupt)
  }
  return () => {
    for (const each of interruptions) each.removeEventListener('abort', interrupt)
  }
}

/**
 * Runs k6 to its end and shows its progress. When `shell.signal` aborts, k6 stops and still makes its
 * summary; when `shell.urgent` aborts, it drops the requests in flight and the summary.
 */
export async function runK6(
  shell: Shell,
  k6: K6,
  script: string,
  { plannedMs, ...options }: K6Options,
): Promise<K6Run> {
  const running = await startK6(shell, k6, script, options)
  const live = liveFigures([apiAt({ port: running.port })], plannedMs, running.begin)
  const done = shell.longWork(`k6 runs for ${Math.round(plannedMs / 1000)} s …`, live.words)
  const released = interruptWith(shell, running.interrupt)
  const { error, ...run } = await running.ended.finally(() => {
    live.stop()
    done()
    released()
  })
  if (error) shell.say(`k6: ${error} (more in k6.log)`)
  return run
}
