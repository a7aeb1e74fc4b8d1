import { exitCodes, Failure } from './shell/exit.ts'

// Each is loaded only when it is asked for: what a run has no use for would be a fifth of its overhead.
const verbs: Record<string, () => Promise<(args: string[]) => Promise<number>>> = {
  run: async () => (await import('./verbs/run.ts')).run,
  sweep: async () => (await import('./verbs/sweep.ts')).sweep,
  breakpoint: async () => (await import('./verbs/breakpoint.ts')).breakpoint,
  ab: async () => (await import('./verbs/sweep.ts')).ab,
  nightly: async () => (await import('./verbs/nightly.ts')).nightly,
  history: async () => (await import('./verbs/history.ts')).history,
  compare: async () => (await import('./verbs/compare.ts')).compare,
  report: async () => (await import('./verbs/report.ts')).report,
  cluster: async () => (await import('./verbs/cluster.ts')).cluster,
}

try {
  const [name = '', ...args] = process.argv.slice(2)
  const verb = verbs[name]
  if (!verb) throw new Failure('usage', `"${name}" is no command; see "npm run"`)
  process.exitCode = await (await verb())(args)
} catch (error) {
  const known = error instanceof Failure
  const sentence = error instanceof Error ? error.message : String(error)
  console.error(`load-and-stress: ${known ? sentence : `unexpected: ${sentence} (DEBUG=1 shows where)`}`)
  if (process.env.DEBUG) console.error(error)
  process.exitCode = known ? error.exitCode : exitCodes.environment
}
// A library's open handle must not keep a finished command from ending.
process.exit()
