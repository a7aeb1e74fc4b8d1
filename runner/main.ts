import { cluster } from './cluster.ts'
import { exitCodes, Failure } from './exit.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { sweep } from './sweep.ts'

const verbs: Record<string, (args: string[]) => Promise<number>> = { run, sweep, report, cluster }

try {
  const [name = '', ...args] = process.argv.slice(2)
  const verb = verbs[name]
  if (!verb) throw new Failure('usage', `"${name}" is no command; see "npm run"`)
  process.exitCode = await verb(args)
} catch (error) {
  const known = error instanceof Failure
  const sentence = error instanceof Error ? error.message : String(error)
  console.error(`load-and-stress: ${known ? sentence : `unexpected: ${sentence} (DEBUG=1 shows where)`}`)
  if (process.env.DEBUG) console.error(error)
  process.exitCode = known ? error.exitCode : exitCodes.environment
}
// A library's open handle must not keep a finished command from ending.
process.exit()
