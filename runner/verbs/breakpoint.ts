import path from 'node:path'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { nextRate, type Probe, probeOf, type Search } from '../../analysis/runs/breakpoint.ts'
import { searched } from '../../analysis/runs/statistics.ts'
import { bundle } from '../k6/bundle.ts'
import { findK6 } from '../k6/find.ts'
import { measure } from '../load/measure.ts'
import { count, runFlags } from '../load/options.ts'
import { resultFolder } from '../results/folder.ts'
import { exitCodes } from '../shell/exit.ts'
import { type Flag, type Given, helpText, parseFlags, userPath } from '../shell/flags.ts'
import { say } from '../shell/progress.ts'
import { startWorkload } from '../targets/url.ts'
import { writeAndPrint } from './report.ts'
import { checkCombination, interruption, targetOf } from './run.ts'

const usualSlo = 'p95=500,errors=0.01'

const ofProbes: Record<string, string> = {
  rate: 'requests a second of the first probe (20)',
  'max-vus': 'as many may wait at once (1.5 × rate, fewer above 240/s)',
  duration: 'of each probe (10s)',
  quick: 'probes of three seconds, for trying',
  slo: `what a probe must hold (${usualSlo})`,
}

const flags: Flag[] = [
  {
    name: 'repeat',
    env: 'REPEAT',
    value: 'N',
    help: 'probes of the two rates that it ends between (2)',
    check: count,
  },
  {
    name: 'precision',
    env: 'PRECISION',
    value: '%',
    help: 'how close those two come, and how much a queue may grow (2)',
    check: (text) =>
      Number(text) > 0 && Number(text) <= 50 ? undefined : `"${text}" is not per cent above 0, up to 50`,
  },
  ...runFlags
    .filter(({ name }) => !['vus', 'stages', 'mix'].includes(name))
    .map((flag) => ({ ...flag, help: ofProbes[flag.name] ?? flag.help })),
]

const help = helpText(
  'npm run scenario:breakpoint [-- FLAGS]\n\nThe highest rate of requests that holds the SLOs: probes of an open load, doubled until it breaks, then bisected, the ends repeated.',
  flags,
  `A probe holds if its SLOs do, no request was dropped, and its queue did not grow: its requests did not come faster than they were answered by more than --precision.
Exit codes: 0 found, 1 nothing holds, 2 usage, 3 k6 was the bottleneck, 4 environment, 130 interrupted (what was probed is kept).

  npm run scenario:breakpoint -- --work-ms 10 --slo p95=200
  npm run scenario:breakpoint -- --url http://10.0.0.7 --path /api/items --rate 200`,
)

/** `npm run scenario:breakpoint`: see its help. Returns the exit code. */
export async function breakpoint(args: string[]): Promise<number> {
  const given = parseFlags(flags, args, process.env)
  if (given.help) {
    process.stdout.write(help)
    return exitCodes.pass
  }
  checkCombination('arrival', given)
  const search: Search = {
    start: Number(given.get('rate') ?? 20),
    precision: Number(given.get('precision') ?? 2) / 100,
    repeat: Number(given.get('repeat') ?? 2),
  }
  const target = await targetOf(given)
  const shell = interruption()
  const { signal } = shell
  const [k6, script] = await Promise.all([findK6(shell), bundle('arrival')])
  const { filling, complete } = await resultFolder(
    userPath(given.get('out') ?? 'results'),
    'breakpoint',
    new Date(),
  )
  const embedded = target ? null : await startWorkload(process.env)
  const runs: RunStatistics[] = []
  try {
    const probes: Probe[] = []
    for (
      let rate = nextRate(probes, search);
      rate !== null && !signal.aborted;
      rate = nextRate(probes, search)
    ) {
      const { source } = await measure({
        scenario: 'arrival',
        script,
        given: probing(given, rate),
        target: target ?? new URL(embedded?.url ?? ''),
        embedded: embedded !== null,
        replicas: null,
        labels: { probe: String(runs.length + 1) },
        out: filling,
        k6,
        shell,
      })
      const run = runStatistics(source)
      runs.push(run)
      const [probe] = probeOf(run, search)
      if (!probe) break
      probes.push(probe)
      say(`probe ${runs.length}: ${rate} requests/s ${probe.held ? 'held' : `broke: ${probe.why}`}`)
    }
  } finally {
    await embedded?.stop()
  }
  const figures = searched(runs, search)
  await writeAndPrint(figures, path.join(await complete(), 'report'))
  if (signal.aborted) return exitCodes.interrupted
  const { held, limit } = figures.breakpoint ?? {}
  if (limit === 'generator') return exitCodes.invalid
  return exitCodes[held ? 'pass' : 'fail']
}

/** What one probe is told: its rate, and what is usual for a probe where nothing else was said. */
const probing = (given: Given, rate: number): Given => ({
  positionals: [],
  help: false,
  get(name) {
    if (name === 'rate') return String(rate)
    const usual: Record<string, string> = {
      slo: usualSlo,
      duration: given.get('quick') === 'true' ? '3s' : '10s',
    }
    return given.get(name) ?? usual[name]
  },
})
