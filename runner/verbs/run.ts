import path from 'node:path'
import { catalogue, type ScenarioName, scenarioNames } from '../../scenarios/catalogue.ts'
import { bundle } from '../k6/bundle.ts'
import { findK6 } from '../k6/find.ts'
import { checkLoad, refusedBy, runFlags, scenarioOf } from '../load/options.ts'
import { openTarget } from '../load/target.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { parseFlags } from '../shell/flags.ts'
import { type Shell, userPath } from '../shell/shell.ts'

const usage = (scenario: ScenarioName) => ({
  command: `run ${scenario}`,
  purpose: catalogue[scenario].purpose,
  flags: runFlags,
  refused: refusedBy(scenario),
  notes: `K6_BIN names a k6 to use; default: a fitting one on the PATH, or one fetched once.
${exitCodesHelp}

  npm run scenario:${scenario}
  npm run scenario:${scenario} -- --url http://127.0.0.1:3000 --path /api/items --slo p95=250
  npm run scenario:${scenario} -- --cluster --label commit=abc`,
})

const scenarios = `Usage: load-and-stress run <scenario> [flags]

Runs one scenario against a target, and reports it.

${Object.entries(catalogue)
  .map(([name, { load, question }]) => `  ${name.padEnd(11)}${load}\n${' '.repeat(13)}${question}`)
  .join('\n')}

  load-and-stress run <scenario> --help    its flags and examples
`

/** `run SCENARIO`: one run, from finding k6 to the printed report. */
export async function run(shell: Shell, [name = '', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h') {
    shell.print(scenarios)
    return exitCodes.pass
  }
  if (name === '') throw new Failure('usage', `which scenario? run ${scenarioNames.join(' | ')}`)
  const scenario = scenarioOf(name)
  const parsed = parseFlags(usage(scenario), args, shell)
  if (!parsed) return exitCodes.pass
  const { options } = parsed
  checkLoad(scenario, options)
  if (scenario === 'autoscale' && !options.cluster)
    throw new Failure('usage', 'autoscale watches the replicas of a cluster: add --cluster')
  // What does not wait for anything starts at once: a short run should not spend its time on starting.
  const opening = openTarget(shell, options, { autoscaled: scenario === 'autoscale' })
  opening.catch(() => {})
  try {
    const [k6, script, target, { measure }, { writeAndPrint }, { statistics }] = await Promise.all([
      findK6(shell),
      bundle(scenario),
      opening,
      import('../load/measure.ts'),
      import('../results/print.ts'),
      import('../../analysis/runs/statistics.ts'),
    ])
    const { folder, source } = await measure(shell, {
      scenario,
      script,
      options,
      target,
      out: userPath(shell, options.out ?? 'results'),
      k6,
    })
    const restored = target.restore()
    const code = await writeAndPrint(shell, statistics([source]), path.join(folder, 'report'))
    await restored
    return source.run?.interrupted ? exitCodes.interrupted : code
  } finally {
    await (await opening.catch(() => null))?.restore()
  }
}
