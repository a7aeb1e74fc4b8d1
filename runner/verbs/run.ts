import path from 'node:path'
import type { Source } from '../../analysis/formats/read.ts'
import { catalogue, scenarioNames } from '../../scenarios/catalogue.ts'
import { findK6 } from '../k6/find.ts'
import { checkLoad, type RunOptions, refusedBy, runFlags } from '../load/options.ts'
import { isFile, scenarioOf, scriptNamed, scriptOf } from '../load/script.ts'
import { needPath, openFor, openTarget } from '../load/target.ts'
import { resultFolder } from '../results/folder.ts'
import { clearJunit } from '../results/junit.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, parseFlags } from '../shell/flags.ts'
import { type Shell, userPath } from '../shell/shell.ts'

const ownFlags = {
  ...runFlags,
  vus: { ...runFlags.vus, help: 'VUs of its default function, instead of its own load' },
  rate: { ...runFlags.rate, help: 'iterations per second of its default function, instead of its own load' },
  maxVus: { ...runFlags.maxVus, help: 'maximum VUs of --rate (10 × rate)' },
  duration: { ...runFlags.duration, help: 'of its whole load, stretched or shrunk: 30s, 5m, 1m30s' },
  quick: { ...runFlags.quick, help: 'the same, to six seconds' },
  slo: {
    ...runFlags.slo,
    help: 'p95=250,p95{name:/a}=250,rate{check:paid}=0.99,p95{metric:cart}=9 (errors=0.01, or its thresholds)',
  },
} satisfies Flags

const usage = (script: string) => ({
  command: `run ${script}`,
  purpose: isFile(script)
    ? 'Runs a k6 script of your own as it is, and reports it.'
    : catalogue[scenarioOf(script)].purpose,
  flags: isFile(script) ? ownFlags : runFlags,
  refused: refusedBy(script),
  arguments: isFile(script) ? ([0, 100] as const) : ([0, 0] as const),
  notes: isFile(script)
    ? `A script that reads __ENV.BASE_URL gets the target's URL in it; any other asks the hosts that it names. First a
rehearsal runs each of its k6 scenarios once, which finds mistakes and learns hosts, request names, groups and checks.
Its thresholds are judged beside --slo; without either, errors=0.01. Files of its handleSummary go to files/.
--vus or --rate replace its k6 scenarios by one of its default function; --duration alone stretches them.
${exitCodesHelp}

  load-and-stress run ./checkout.ts --url http://127.0.0.1:3000
  load-and-stress run ./checkout.ts --scale 2 --env USER=ada --slo p95=250
  load-and-stress run tests/*.js                                    one after the other, one page`
    : `K6_BIN names a k6 to use; default: a fitting one on the PATH, or one fetched once.
${exitCodesHelp}

  npm run scenario:${script}
  npm run scenario:${script} -- --url http://127.0.0.1:3000 --path /api/items --slo p95=250
  npm run scenario:${script} -- --cluster --label commit=abc`,
})

const scenarios = `Usage: load-and-stress run <scenario | script.ts …> [flags]

Runs one scenario, or k6 scripts of your own, against a target, and reports it.

${Object.entries(catalogue)
  .map(([name, { load, question }]) => `  ${name.padEnd(11)}${load}\n${' '.repeat(13)}${question}`)
  .join('\n')}

  load-and-stress run <scenario> --help    its flags and examples; likewise run ./checkout.ts --help
`

/** `run SCENARIO` or `run FILE…`: from finding k6 to the printed report. */
export async function run(shell: Shell, [first = '', ...args]: readonly string[]): Promise<number> {
  if (first === '--help' || first === '-h') {
    shell.print(scenarios)
    return exitCodes.pass
  }
  if (first === '')
    throw new Failure(
      'usage',
      `which scenario? run ${scenarioNames.join(' | ')}, or a script such as ./checkout.ts`,
    )
  const name = isFile(first) ? first : scenarioOf(first)
  const parsed = parseFlags(usage(name), args, shell)
  if (!parsed) return exitCodes.pass
  const { options, positionals } = parsed
  const names = [name, ...positionals].map((each) => scriptNamed(shell, each))
  for (const each of names) checkLoad(each, options)
  if (!isFile(name)) needPath(options)
  if (name === 'autoscale' && !options.cluster && options.deployment === undefined)
    throw new Failure('usage', 'autoscale watches the replicas of a cluster: add --cluster, or --deployment')
  const { junit } = options
  await clearJunit(shell, junit)
  const out = userPath(shell, options.out ?? 'results')
  if (names.length === 1) {
    const { source, folder } = await runOne(shell, names[0] as string, options, out)
    return reported(shell, [source], folder, junit)
  }
  const together = await resultFolder(out, 'scripts', new Date())
  const sources: Source[] = []
  let failure: Error | null = null
  for (const each of names) {
    if (shell.signal.aborted || failure) break
    await runOne(shell, each, options, together.filling).then(
      ({ source }) => void sources.push(source),
      (error: Error) => {
        failure = error
      },
    )
  }
  if (sources.length === 0) {
    await together.giveUp()
    throw failure ?? new Failure('interrupted', 'interrupted before the first script')
  }
  const code = await reported(shell, sources, await together.complete(), junit)
  if (failure) throw failure
  return shell.signal.aborted ? exitCodes.interrupted : code
}

const reporting = () =>
  [
    import('../results/print.ts'),
    import('../../analysis/runs/statistics.ts'),
    import('../results/browse.ts'),
  ] as const

async function reported(
  shell: Shell,
  sources: readonly Source[],
  folder: string,
  junit: string | undefined,
): Promise<number> {
  const [{ writeAndPrint }, { statistics }, { addToResults }] = await Promise.all(reporting())
  const code = await writeAndPrint(shell, statistics(sources), path.join(folder, 'report'), { junit })
  await addToResults(shell, path.dirname(folder))
  return sources.some(({ run }) => run?.interrupted) ? exitCodes.interrupted : code
}

async function runOne(shell: Shell, name: string, options: RunOptions, out: string) {
  // What does not wait for anything starts at once: a short run should not spend its time on starting.
  const loading = scriptOf(name)
  const opening = isFile(name)
    ? loading.then((script) => openFor(shell, script, options))
    : openTarget(shell, options, { autoscaled: name === 'autoscale' })
  opening.catch(() => {})
  try {
    const [k6, script, target, { measure }] = await Promise.all([
      findK6(shell),
      loading,
      opening,
      import('../load/measure.ts'),
      // What comes after the load need not be loaded then.
      ...reporting(),
    ])
    return await measure(shell, { script, options, target, out, k6 })
  } finally {
    await (await opening.catch(() => null))?.restore()
  }
}
