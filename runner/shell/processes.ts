import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { Failure } from './exit.ts'
import { shortageWords } from './refusal.ts'

/** How a process ended: its exit code, or the signal that killed it. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** A process of ours. It is ended also if this process is killed. */
export type Started = {
  readonly child: ChildProcess
  readonly pid: number | undefined
  /** Rejects where the program cannot be started, with the system's code (ENOENT …) or a Failure for a shortage. */
  readonly ended: Promise<Exit>
  /** Asks it to end, kills it with its own children after two seconds, and waits for the end; never rejects. */
  end(): Promise<void>
}

const running = new Set<ChildProcess>()

/** Sends a signal to every process started here that still runs; SIGKILL reaches their own children too. */
export function signalAll(signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const child of running) send(child, signal)
}

function send(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (signal === 'SIGTERM' || child.pid === undefined || process.platform === 'win32')
    return void child.kill(signal)
  try {
    // The group also has what still holds the pipes, without which the end would never be seen.
    process.kill(-child.pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * Starts a program in a process group of its own: Ctrl-C reaches every process of a terminal's group, and each of ours is
 * to hear from us when it is time.
 */
export function start(program: string, args: readonly string[], options: SpawnOptions = {}): Started {
  // The system refuses some at once, and others later.
  const refused = (error: NodeJS.ErrnoException) => {
    const shortage = shortageWords(error, options.env ?? process.env)
    return shortage === null ? error : new Failure('environment', shortage)
  }
  let child: ChildProcess
  try {
    child = spawn(program, args, { detached: process.platform !== 'win32', ...options })
  } catch (error) {
    throw refused(error as NodeJS.ErrnoException)
  }
  const watch = child.pid === undefined ? undefined : guard(child.pid)
  const ended = new Promise<Exit>((resolve, reject) => {
    child.once('error', (error) => reject(refused(error)))
    child.once('close', (code, signal) => resolve({ code, signal }))
  }).finally(() => {
    running.delete(child)
    watch?.release()
  })
  running.add(child)
  // Whoever does not wait for the end has nothing to catch.
  ended.catch(() => {})
  return {
    child,
    pid: child.pid,
    ended,
    async end() {
      send(child, 'SIGTERM')
      const timer = setTimeout(() => send(child, 'SIGKILL'), 2000)
      await ended.catch(() => {}).finally(() => clearTimeout(timer))
    },
  }
}

export type Captured = Exit & { readonly stdout: string; readonly stderr: string }

/**
 * Runs a program to its end and gives what it printed, whatever its exit code.
 * @param signal ends the program, as does the time-out
 * @throws the system's error where the program cannot be started, with `code` ENOENT for one that is not installed
 */
export async function capture(
  program: string,
  args: readonly string[],
  {
    input,
    timeoutMs,
    signal,
    ...options
  }: Pick<SpawnOptions, 'env' | 'cwd' | 'signal'> & { input?: string; timeoutMs?: number } = {},
): Promise<Captured> {
  const { child, ended, end } = start(program, args, {
    ...options,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  // spawn's own time-out outlives a program that cannot be started, and neither it nor spawn's signal ends a program
  // that ignores SIGTERM.
  const timer = timeoutMs === undefined ? undefined : setTimeout(end, timeoutMs)
  const stop = () => void end()
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop)
  const printed = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text
    })
  child.stdin?.on('error', () => {}).end(input)
  const exit = await ended.finally(() => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  })
  return { ...exit, ...printed }
}

/** The same; throws the last line of what it said where it fails. */
export async function succeed(...command: Parameters<typeof capture>): Promise<void> {
  const { code, signal, stderr } = await capture(...command)
  if (code !== 0)
    throw new Error(`${command[0]}: ${stderr.trim().split('\n').at(-1) || `ended with ${code ?? signal}`}`)
}

/** The JSON that a program printed, after whatever warnings; a Failure where there is none. */
export function printedJson(program: string, stdout: string): unknown {
  for (const { index } of [...stdout.matchAll(/^[^\S\n]*\{/gm)].slice(0, 100))
    try {
      return JSON.parse(stdout.slice(index))
    } catch {
      // A warning that begins like JSON.
    }
  const [first = ''] = stdout.trim().split('\n')
  throw new Failure(
    'environment',
    `${program} printed no JSON${first ? ` but "${first.slice(0, 200)}"` : ''}; does it run by itself?`,
  )
}

const watching =
  'read -r _ || { kill -TERM "$1" && sleep 2 && { kill -KILL "-$1" || kill -KILL "$1"; }; } 2>/dev/null'

/**
 * Ends the process group of that id if this process dies unexpectedly (a crash, kill -9): a shell waits for the end of a
 * pipe that closes with us, and kills what ignores SIGTERM for two seconds. `release` it when the process has ended by
 * itself.
 */
export function guard(pid: number): { release(): void } {
  if (process.platform === 'win32') return { release() {} }
  const shell = spawn('sh', ['-c', watching, 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // In a group of its own, so that Ctrl-C in the terminal does not take the guard away.
    detached: true,
  })
  shell.on('error', () => {})
  // Where no more files can be opened, it has none.
  shell.stdin?.on('error', () => {})
  shell.unref()
  return { release: () => void shell.stdin?.end('\n') }
}
