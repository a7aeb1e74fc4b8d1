import type { Source } from '../../analysis/formats/read.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { isDecided } from '../../analysis/runs/compare.ts'
import { comparison } from '../../analysis/runs/statistics.ts'
import { checkLoad, type LoadOptions, loadFlags, outFlag } from '../load/options.ts'
import { isFile, shortName } from '../load/script.ts'
import { namedDeployment, needPath } from '../load/target.ts'
import { deploymentFlags, generatorFlags, targetFlags } from '../load/target-options.ts'
import { given } from '../load/values.ts'
import { junitFlag } from '../results/junit.ts'
import { checkFigures, effectFlag, figuresFlag } from '../results/print.ts'
import { runSeries } from '../series/execute.ts'
import { isLevels, levelsOf, sideLevels } from '../series/factors.ts'
import { loadWritten, repeatFlag, resumeFlag, seriesFlags, untilDecidedFlag } from '../series/options.ts'
import { openSeries } from '../series/plan.ts'
import { levelsNow, sideOf, sideRuns, variedDeployment } from '../series/sides.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, grouped, option, type Parsed, parseFlags, secret, toggle } from '../shell/flags.ts'
import { secretsIn } from '../shell/secrets.ts'
import type { Shell } from '../shell/shell.ts'

const side = (env: string, help: string) => ({
  ...secret(option(env, 'url', help, given, ',')),
  secretsOf: (text: string) => (isLevels(text) ? [] : secretsIn(text)),
})

const flags = {
  ...grouped('Target', {
    a: side(
      'LAS_A_URL',
      'the baseline, or what a deployment is set to: image=NAME, replicas=, cpu=, memory=, env.NAME=, or several with commas; default: start the bundled workload, or the deployment as it is',
    ),
    b: side('LAS_B_URL', 'the candidate, likewise'),
    duet: toggle('LAS_DUET', 'load both at the same moment, each with half of the load (constant, arrival)'),
  }),
  allowPublic: targetFlags.allowPublic,
  ...deploymentFlags,
  ...generatorFlags,
  ...repeatFlag(10, 'runs of each side'),
  ...untilDecidedFlag,
  ...seriesFlags,
  ...resumeFlag,
  ...loadFlags,
  ...effectFlag,
  ...figuresFlag,
  ...junitFlag,
  ...outFlag,
} satisfies Flags

const usage = {
  command: 'ab',
  purpose:
    'Is B worse than A? Runs both in turns, so that a machine that gets warm or busy affects both alike.',
  flags,
  notes: `${exitCodesHelp}

  npm run ab -- --a http://10.0.0.7:8080 --b http://10.0.0.8:8080 --repeat 10
  npm run ab -- --a image=load-and-stress:1.4 --b image=load-and-stress:1.5     both in the bundled deployment
  npm run ab -- --deployment shop/api --path /items --b image=shop/api:1.5      against the image of now
  npm run ab -- --deployment shop/api --path /items --a cpu=200m --b cpu=500m,env.POOL=8
  npm run ab -- --a http://10.0.0.7:8080 --b http://10.0.0.8:8080 --duet      what disturbs one disturbs both
  npm run ab -- --repeat 20 --until-decided …   as few repeats as the answer takes, at most twenty
  npm run ab -- --repeat 5 --duration 10s        the workload against itself
  npm run ab -- --scenario ./checkout.ts --figures 'p50{name:checkout},errors{name:pay},rate{check:paid}' …`,
}

/** `ab`: baseline and candidate in turns, compared. */
export async function ab(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { effect, allowPublic, junit, figures = null } = parsed.options
  const series = await openSeries(shell, 'ab', parsed, () => begin(shell, parsed))
  const compared = (sources: readonly Source[]) =>
    comparison(sideRuns(sources, 'a'), sideRuns(sources, 'b'), {
      ...(effect !== undefined && { effect }),
      figures,
    })
  const decided = (sources: readonly Source[]) =>
    compared(sources).comparison?.groups.every(isDecided) ?? false
  const check = (source: Source) => checkFigures([runStatistics(source)], figures)
  return runSeries(shell, series, { allowPublic, junit, decided, check }, compared)
}

async function begin(shell: Shell, { options, written }: Parsed<typeof flags>) {
  const { scenario = 'constant', allowPublic, duet, repeat = 10, untilDecided } = options
  checkLoad(scenario, options)
  const given = {
    a: await sideOf(options.a, { flag: '--a', allowPublic }),
    b: await sideOf(options.b, { flag: '--b', allowPublic }),
  }
  const set = [given.a, given.b].flatMap((side) => (side && isLevels(side) ? [sideLevels(side)] : []))
  if (set.length === 0 && namedDeployment(options))
    throw new Failure('usage', 'ab varies a deployment: add --b image=NAME, or --b cpu=200m')
  if (!isFile(scenario)) needPath(options)
  const levels = levelsOf(Object.assign({}, ...set))
  const varied = set.length > 0 ? await variedDeployment(shell, { options, written, levels }) : null
  // Of the same deployment, what it runs now.
  const now = set[0] && varied ? levelsNow(varied.before, set[0]) : null
  const { a, b } = { a: given.a ?? now, b: given.b ?? now }
  if (a && a === b) throw new Failure('usage', '--a and --b are the same')
  if (duet) checkDuet(scenario, options, [a, b])
  const load = loadWritten(written)
  const cells = (['a', 'b'] as const).map((each) => ({
    name: each,
    scenario,
    side: each,
    replicas: null,
    flags: load,
  }))
  return {
    cells,
    local: set.length === 0,
    sides: { a, b },
    ...varied,
    ...(duet && { duet }),
    repeats: repeat,
    untilDecided,
  }
}

/** What both sides can be given at the same moment. */
function checkDuet(
  scenario: string,
  { vus, slo }: Pick<LoadOptions, 'vus' | 'slo'>,
  sides: readonly (string | null)[],
): void {
  if (!['constant', 'arrival'].includes(scenario))
    throw new Failure(
      'usage',
      `--duet is for constant and arrival; ${shortName(scenario)} has several stages or kinds`,
    )
  if (sides.some((side) => side && isLevels(side)))
    throw new Failure(
      'usage',
      '--duet loads both sides at once, and a deployment is one of them; give two URLs',
    )
  if ((vus ?? 0) % 2 > 0)
    throw new Failure('usage', '--duet shares the VUs between the sides; give --vus an even number')
  if (slo?.some(({ figure }) => figure === 'rate'))
    throw new Failure('usage', '--duet gives each side half of the load, so --slo cannot limit the rate')
}
