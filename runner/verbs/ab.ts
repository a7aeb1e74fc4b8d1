import type { Source } from '../../analysis/formats/read.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { isDecided } from '../../analysis/runs/compare.ts'
import { unknownFigures } from '../../analysis/runs/figures-compared.ts'
import { comparison } from '../../analysis/runs/statistics.ts'
import {
  checkLoad,
  deploymentFlags,
  type LoadOptions,
  loadFlags,
  outFlag,
  targetFlags,
} from '../load/options.ts'
import { isFile, shortName } from '../load/script.ts'
import { namedDeployment, needPath } from '../load/target.ts'
import { given } from '../load/values.ts'
import { effectFlag, figuresFlag } from '../results/print.ts'
import { runSeries } from '../series/execute.ts'
import {
  loadWritten,
  openSeries,
  repeatFlag,
  resumeFlag,
  seriesFlags,
  untilDecidedFlag,
} from '../series/plan.ts'
import { sideOf, sideRuns, variedDeployment } from '../series/sides.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, grouped, option, type Parsed, parseFlags, secret, toggle } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'

const flags = {
  ...grouped('Target', {
    a: secret(
      option(
        'LAS_A_URL',
        'url',
        'the baseline, or image=NAME of a deployment; default: start the bundled workload, or the image of now',
        given,
      ),
    ),
    b: secret(option('LAS_B_URL', 'url', 'the candidate, likewise', given)),
    duet: toggle('LAS_DUET', 'load both at the same moment, each with half of the load (constant, arrival)'),
  }),
  allowPublic: targetFlags.allowPublic,
  ...deploymentFlags,
  ...repeatFlag(10, 'runs of each side'),
  ...untilDecidedFlag,
  ...seriesFlags,
  ...resumeFlag,
  ...loadFlags,
  ...effectFlag,
  ...figuresFlag,
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
  npm run ab -- --a http://10.0.0.7:8080 --b http://10.0.0.8:8080 --duet      what disturbs one disturbs both
  npm run ab -- --repeat 20 --until-decided …   as few repeats as the answer takes, at most twenty
  npm run ab -- --repeat 5 --duration 10s        the workload against itself
  npm run ab -- --scenario ./checkout.ts --figures 'p50{name:checkout},errors{name:pay},rate{check:paid}' …`,
}

/** `ab`: baseline and candidate in turns, compared. */
export async function ab(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { effect, allowPublic, figures = null } = parsed.options
  const series = await openSeries(shell, 'ab', parsed, () => begin(shell, parsed))
  const compared = (sources: readonly Source[]) =>
    comparison(sideRuns(sources, 'a'), sideRuns(sources, 'b'), {
      ...(effect !== undefined && { effect }),
      figures,
    })
  const decided = (sources: readonly Source[]) =>
    compared(sources).comparison?.groups.every(isDecided) ?? false
  const check = (source: Source) => {
    const unknown = unknownFigures([runStatistics(source)], figures ?? [])
    if (unknown !== null) throw new Failure('usage', `--figures: ${unknown}`)
  }
  return runSeries(shell, series, { allowPublic, decided, check }, compared)
}

async function begin(shell: Shell, { options, written }: Parsed<typeof flags>) {
  const { scenario = 'constant', allowPublic, duet, repeat = 10, untilDecided } = options
  checkLoad(scenario, options)
  const b = await sideOf(options.b, { flag: '--b', allowPublic })
  const given = await sideOf(options.a, { flag: '--a', allowPublic })
  const ofImage = [given, b].some((side) => side?.startsWith('image='))
  if (!ofImage && namedDeployment(options))
    throw new Failure('usage', 'ab varies the image of a deployment: add --b image=NAME')
  if (!isFile(scenario)) needPath(options)
  const varied = ofImage ? await variedDeployment(shell, { options, written }) : null
  // Of the same deployment, what it runs now.
  const a = given ?? (varied && b?.startsWith('image=') ? `image=${varied.before.image}` : null)
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
    local: true,
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
  if (sides.some((side) => side?.startsWith('image=')))
    throw new Failure(
      'usage',
      '--duet loads both sides at once, and a deployment runs one image; give two URLs',
    )
  if ((vus ?? 0) % 2 > 0)
    throw new Failure('usage', '--duet shares the VUs between the sides; give --vus an even number')
  if (slo?.some(({ figure }) => figure === 'rate'))
    throw new Failure('usage', '--duet gives each side half of the load, so --slo cannot limit the rate')
}
