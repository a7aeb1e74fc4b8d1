import { statistics } from '../../analysis/runs/statistics.ts'
import { checkLoad, deploymentFlags, loadFlags, outFlag, targetFlags } from '../load/options.ts'
import { isFile } from '../load/script.ts'
import { needPath } from '../load/target.ts'
import { positiveIntegers } from '../load/values.ts'
import { wantedFlag } from '../results/print.ts'
import { runSeries } from '../series/execute.ts'
import { loadWritten, openSeries, repeatFlag, resumeFlag, seriesFlags } from '../series/plan.ts'
import { variedDeployment } from '../series/sides.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, grouped, option, type Parsed, parseFlags, toggle } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'

const flags = {
  ...grouped('Series', {
    replicas: option('LAS_REPLICAS', 'n,n,…', 'the numbers of replicas (1,2,4)', positiveIntegers),
  }),
  ...repeatFlag(3, 'runs with each number'),
  ...seriesFlags,
  ...resumeFlag,
  ...grouped('Target', {
    local: toggle('LAS_LOCAL', 'processes behind one loopback port instead of pods'),
  }),
  allowPublic: targetFlags.allowPublic,
  ...deploymentFlags,
  ...loadFlags,
  ...wantedFlag,
  ...outFlag,
} satisfies Flags

const usage = {
  command: 'sweep',
  purpose:
    'Runs the same load against different numbers of replicas, each repeated, in shuffled order, with one report.',
  flags,
  notes: `Without --local, the workload on the current kube context is scaled, or a --deployment of your own, and scaled
back at the end.
${exitCodesHelp}

  npm run sweep -- --local --replicas 1,2
  npm run sweep -- --replicas 1,2,4,8 --repeat 5 --duration 60s --vus 64
  npm run sweep -- --deployment shop/api --path /items --replicas 1,2,4`,
}

/** `sweep`: throughput and latency against the number of replicas. */
export async function sweep(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { for: wanted = null, allowPublic } = parsed.options
  const series = await openSeries(shell, 'sweep', parsed, () => begin(shell, parsed))
  return runSeries(shell, series, { allowPublic }, (sources) => statistics(sources, { wanted }))
}

async function begin(shell: Shell, { options, written }: Parsed<typeof flags>) {
  const { scenario = 'constant', local, replicas = [1, 2, 4], repeat = 3 } = options
  checkLoad(scenario, options)
  const { deployment, path } = options
  if (deployment === undefined && path !== undefined)
    throw new Failure('usage', '--path is for --deployment; else a sweep loads the bundled workload')
  if (local && deployment !== undefined)
    throw new Failure('usage', '--local and --deployment each name a target; give one of them')
  if (!isFile(scenario)) needPath(options)
  // Says now, rather than after a plan has been written, that there is nothing to scale.
  const varied = local ? {} : await variedDeployment(shell, { options, written })
  const cells = [...new Set(replicas)].map((each) => ({
    name: String(each),
    scenario,
    side: null,
    replicas: each,
    flags: loadWritten(written),
  }))
  return { cells, local, sides: { a: null, b: null }, ...varied, repeats: repeat }
}
