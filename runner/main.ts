import path from 'node:path'
import { scenarioNames } from '../scenarios/catalogue.ts'
import { exitCodes, exitCodesHelp, Failure } from './shell/exit.ts'
import { ownVersion } from './shell/host.ts'
import { signalAll } from './shell/processes.ts'
import { shortageWords } from './shell/refusal.ts'
import { type Shell, shellOf } from './shell/shell.ts'
import { clearAbandoned } from './shell/temporary.ts'

type Verb = {
  readonly summary: string
  /** Stops in order when it is interrupted, and keeps what it has; any other ends at once. */
  readonly windsDown?: true
  /** Not for people. */
  readonly hidden?: true
  /** Loaded only when it is needed: the rest would be a fifth of a short run's overhead. */
  readonly load: () => Promise<(shell: Shell, args: readonly string[]) => Promise<number>>
}

const verbs: Readonly<Record<string, Verb>> = {
  run: {
    summary: `run one scenario: ${scenarioNames.join(', ')}`,
    windsDown: true,
    load: async () => (await import('./verbs/run.ts')).run,
  },
  new: {
    summary: 'write a script of your own to start from',
    load: async () => (await import('./verbs/new.ts')).newScript,
  },
  breakpoint: {
    summary: 'find the highest rate that holds the SLOs',
    windsDown: true,
    load: async () => (await import('./verbs/breakpoint.ts')).breakpoint,
  },
  sweep: {
    summary: 'run the same load against different numbers of replicas, or other factors',
    windsDown: true,
    load: async () => (await import('./verbs/sweep.ts')).sweep,
  },
  ab: {
    summary: 'run baseline and candidate in turns, and compare them',
    windsDown: true,
    load: async () => (await import('./verbs/ab.ts')).ab,
  },
  noise: {
    summary: 'how small a change can be seen here, and by how many runs',
    windsDown: true,
    load: async () => (await import('./verbs/noise.ts')).noise,
  },
  compare: {
    summary: 'compare runs that exist already',
    load: async () => (await import('./verbs/compare.ts')).compare,
  },
  report: {
    summary: 'make the report of runs again, or of any k6 summary',
    load: async () => (await import('./verbs/report.ts')).report,
  },
  comment: {
    summary: 'write a report as a comment on a pull or merge request, and keep it up to date',
    load: async () => (await import('./verbs/comment.ts')).comment,
  },
  export: {
    summary: 'hand figures to other tools: github-action-benchmark, Bencher, Otava, OpenMetrics, CSV',
    load: async () => (await import('./verbs/export.ts')).exportRuns,
  },
  results: {
    summary: 'write the page of all results, and open it',
    load: async () => (await import('./verbs/results.ts')).results,
  },
  nightly: {
    summary: 'run a plan, add the night to the history, report lasting changes',
    windsDown: true,
    load: async () => (await import('./verbs/nightly.ts')).nightly,
  },
  history: {
    summary: 'draw every figure over the nights',
    load: async () => (await import('./verbs/history.ts')).history,
  },
  cluster: {
    summary: 'the bundled workload on Kubernetes: up, deploy, url, scale, status, down',
    load: async () => (await import('./verbs/cluster.ts')).cluster,
  },
  doctor: {
    summary: 'say what is there – Node, k6, limits, Kubernetes – and what to do',
    load: async () => (await import('./verbs/doctor.ts')).doctor,
  },
  generator: {
    summary: 'one of several generators, in a pod',
    hidden: true,
    windsDown: true,
    load: async () => (await import('./verbs/generator.ts')).generator,
  },
  completion: {
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./verbs/completion.ts')).completion(shown()),
  },
}

const shown = () => Object.keys(verbs).filter((name) => !verbs[name]?.hidden)

const front = () => `load-and-stress ${ownVersion()}
How many replicas does this load need, what did the last change do to it, and can the number be trusted?

  load-and-stress <verb> [flags]        in a clone: npm run <script> -- [flags]

${shown()
  .map((name) => `  ${name.padEnd(12)}${verbs[name]?.summary}`)
  .join('\n')}

  load-and-stress help <verb>           flags and examples
  load-and-stress --version

${exitCodesHelp}
`

const root = path.join(import.meta.dirname, '..')

/** Runs one command and gives its exit code; a `Failure` becomes a sentence. */
export async function command(shell: Shell, argv: readonly string[]): Promise<number> {
  const [name = '--help', ...args] = argv
  try {
    if (name === '--version' || name === '-V') shell.print(`${ownVersion()}\n`)
    else if (['--help', '-h', 'help'].includes(name)) return await help(shell, args)
    else return await (await verbOf(name).load())(shell, args)
    return exitCodes.pass
  } catch (error) {
    shell.say(sentenceOf(error, shell))
    // What fails after Ctrl-C mostly fails because of it.
    if (shell.signal.aborted) return exitCodes.interrupted
    return error instanceof Failure ? error.exitCode : exitCodes.environment
  }
}

/** For a fault of our own too, with its place if DEBUG is set. */
function sentenceOf(error: unknown, { env }: Shell): string {
  const sentence =
    (error instanceof Error && shortageWords(error, env)) ||
    oneLine(error instanceof Error ? error.message : String(error))
  // The system refused something, such as a file on a full disk.
  const known = error instanceof Failure || (error instanceof Error && 'syscall' in error)
  return [
    `load-and-stress: ${sentence}${known ? '' : ' (a fault of load-and-stress itself; DEBUG=1 shows where)'}`,
    ...(env.DEBUG && error instanceof Error ? [error.stack] : []),
  ].join('\n')
}

/** What a value of the user's brings into a sentence may have lines, and megabytes. */
const oneLine = (sentence: string): string => {
  const line = sentence.replaceAll(/\r?\n/g, '\\n')
  return line.length > 2000 ? `${line.slice(0, 1000)} … ${line.slice(-500)}` : line
}

function verbOf(name: string): Verb {
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (verb) return verb
  throw new Failure('usage', `"${name}" is not a verb; there are ${shown().join(', ')}`)
}

async function help(shell: Shell, [name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined) {
    shell.print(front())
    return exitCodes.pass
  }
  return (await verbOf(name).load())(shell, [...rest, '--help'])
}

/** How long a second Ctrl-C leaves the children to end, and then this process to write what there is. */
const patienceMs = 1500
const hiddenFolders = 'the newest hidden folder of the results, whose name begins with a dot'

/** The command of this process: its arguments, environment, streams and signals, and the end of it. */
export async function main(process: NodeJS.Process): Promise<void> {
  const argv = process.argv.slice(2)
  clearAbandoned()
  const [first, second] = [new AbortController(), new AbortController()]
  const shell = shellOf(
    {
      env: process.env,
      // npm runs this project's scripts in its folder; people name files from where they stand.
      cwd: (process.cwd() === root && process.env.INIT_CWD) || process.cwd(),
      signal: first.signal,
      urgent: second.signal,
    },
    process,
  )
  const end = (code: number) => {
    signalAll('SIGKILL')
    process.exit(code)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      const verb = Object.entries(verbs).find(([name]) => name === argv[0])?.[1]
      if (second.signal.aborted || !verb?.windsDown) end(exitCodes.interrupted)
      if (!first.signal.aborted) {
        shell.say('interrupted: stopping, and keeping what was measured … (once more: at once)')
        return first.abort()
      }
      second.abort()
      signalAll('SIGTERM')
      // Also what is started after that, such as another kubectl: nothing may hang any longer.
      setTimeout(() => setInterval(() => signalAll('SIGKILL'), 100).unref(), patienceMs).unref()
      setTimeout(() => {
        shell.say(`load-and-stress: ended at once; what was measured is in ${hiddenFolders}`)
        end(exitCodes.interrupted)
      }, 2 * patienceMs).unref()
    })
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => {
      shell.say(sentenceOf(error, shell))
      end(exitCodes.environment)
    })
  // A reader that has closed its end, such as head or a terminal, wants no more; the run goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  process.exitCode = await command(shell, argv)
  // A library's open handle must not keep a finished command from ending.
  process.exit()
}
