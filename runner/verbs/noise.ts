import type { Source } from '../../analysis/formats/read.ts'
import { groupedBy } from '../../analysis/numbers/group.ts'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { noiseStatistics } from '../../analysis/runs/statistics.ts'
import { findDeployed } from '../cluster/deployed.ts'
import { checkLoad, loadFlags, outFlag } from '../load/options.ts'
import { isFile } from '../load/script.ts'
import { namedDeployment, needPath } from '../load/target.ts'
import { deploymentFlags, generatorFlags, targetFlags } from '../load/target-options.ts'
import { duration } from '../load/values.ts'
import { junitFlag } from '../results/junit.ts'
import { effectFlag } from '../results/print.ts'
import { runsNamed } from '../results/select.ts'
import { runSeries } from '../series/execute.ts'
import { loadWritten, placeWritten, repeatFlag, resumeFlag, seriesFlags } from '../series/options.ts'
import { openSeries } from '../series/plan.ts'
import { sideOf } from '../series/sides.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, grouped, option, type Parsed, parseFlags } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'

const words = (value: string): readonly string[] => value.split(',').filter(Boolean)

function times(value: string): readonly string[] {
  const all = words(value)
  for (const each of all) duration(each)
  return all
}

const flags = {
  ...targetFlags,
  ...deploymentFlags,
  ...generatorFlags,
  ...repeatFlag(10, 'runs of each duration'),
  ...grouped('Series', {
    durations: option('LAS_DURATIONS', 'time,time,…', 'durations to try (5s,20s)', times),
    with: option(
      'LAS_WITH',
      'dir',
      'an earlier noise series, as another session; may be repeated',
      words,
      ',',
    ),
  }),
  ...seriesFlags,
  ...resumeFlag,
  ...loadFlags,
  ...effectFlag,
  ...junitFlag,
  ...outFlag,
} satisfies Flags

const usage = {
  command: 'noise',
  purpose:
    'How small a change can be seen here? Runs the same thing again and again, and says which duration and how many repeats tell.',
  flags,
  refused: {
    duration: 'is what noise varies; give --durations',
    quick: 'is a duration; give --durations',
  },
  notes: `A comparison can only show what is larger than the difference between runs of the same thing. Runs of another day
(--with) add the difference between sessions.
${exitCodesHelp}

  npm run noise -- --repeat 10
  npm run noise -- --url http://10.0.0.7:8080 --path /api/items --durations 10s,30s,60s --effect 3%
  npm run noise -- --with results/20260102T030405Z-noise-1a2b3c4d`,
}

/** `noise`: passes where some duration and number of repeats would tell. */
export async function noise(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { effect, allowPublic, junit, with: earlier = [] } = parsed.options
  const before: RunStatistics[] = []
  for (const folder of earlier) for (const run of await runsNamed(shell, folder, shell.cwd)) before.push(run)
  const series = await openSeries(shell, 'noise', parsed, () => begin(shell, parsed))
  return runSeries(shell, series, { allowPublic, junit }, (sources: readonly Source[]) => {
    const sessions = groupedBy([...before, ...sources.map(runStatistics)], ({ run }) => run?.labels.series)
    return noiseStatistics([...sessions.values()], effect === undefined ? {} : { effect })
  })
}

async function begin(shell: Shell, { options, written }: Parsed<typeof flags>) {
  const { scenario = 'constant', url, cluster, allowPublic, durations = ['5s', '20s'] } = options
  checkLoad(scenario, options)
  const named = namedDeployment(options)
  if ([url, cluster, options.deployment].filter(Boolean).length > 1)
    throw new Failure('usage', '--url, --cluster and --deployment each name a target; give one of them')
  if (!isFile(scenario)) needPath(options)
  const side = await sideOf(url, { flag: '--url', allowPublic })
  const local = !cluster && !named
  if (!local) await findDeployed(shell, named)
  const cells = durations.map((each) => ({
    name: each,
    scenario,
    side: side ? ('b' as const) : null,
    replicas: null,
    flags: { ...loadWritten(written), duration: each },
  }))
  const place = local ? {} : placeWritten(written)
  return { cells, local, ...place, sides: { a: null, b: side }, repeats: options.repeat ?? 10 }
}
