import path from 'node:path'
import { quantity } from '../../analysis/formats/words.ts'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { nextRate, type Probe, probeOf, type Search } from '../../analysis/runs/breakpoint.ts'
import { breakpointStatistics } from '../../analysis/runs/statistics.ts'
import { findK6 } from '../k6/find.ts'
import { measure } from '../load/measure.ts'
import { checkLoad, runFlags } from '../load/options.ts'
import { isFile, scriptNamed, scriptOf } from '../load/script.ts'
import { openFor } from '../load/target.ts'
import { resultFolder } from '../results/folder.ts'
import { writeAndPrint } from '../results/print.ts'
import { repeatFlag } from '../series/plan.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, grouped, option, optionsFrom, parseFlags } from '../shell/flags.ts'
import { type Shell, shownPath, userPath } from '../shell/shell.ts'

const defaultSlo = 'p95=500,errors=0.01'

function percentage(value: string): number {
  if (!(Number(value) > 0 && Number(value) <= 50))
    throw new Error(`"${value}" is not a percentage above 0, up to 50`)
  return Number(value)
}

function script(name: string): string {
  if (!isFile(name)) throw new Error(`"${name}" is not the file of a k6 script, such as ./checkout.ts`)
  return name
}

const flags = {
  ...runFlags,
  ...grouped('Load', {
    scenario: option(
      'LAS_SCENARIO',
      'file',
      'a k6 script whose rates are scaled; default: one request at a time',
      script,
    ),
  }),
  rate: { ...runFlags.rate, help: 'requests per second of the first probe (20)' },
  duration: { ...runFlags.duration, help: 'of each probe (10s)' },
  quick: { ...runFlags.quick, help: 'probes of three seconds, for trying' },
  slo: { ...runFlags.slo, help: `what a probe must hold (${defaultSlo})` },
  ...grouped('Load', {
    ...repeatFlag(2, 'repeats of the last passing and first failing rate'),
    precision: option(
      'LAS_PRECISION',
      '%',
      'how close those two come, and how much a queue may grow (2)',
      percentage,
    ),
  }),
} satisfies Flags

const usage = {
  command: 'breakpoint',
  purpose:
    'Finds the highest rate of requests that holds the SLOs: probes in the open model, doubled until one breaks, then bisected.',
  flags,
  notes: `A probe holds if its SLOs do, no request was dropped, and its queue did not grow: requests did not arrive faster than
they were answered by more than --precision. With --arrivals poisson, requests in bunches look like growth of up to
about 1 ÷ √(requests of a probe), so that much is not counted: make probes longer.
Of a script the k6 scenarios with arrival rates are kept, each with its share of the probe's iterations; one without any
is run by its default function.
${exitCodesHelp}

  npm run scenario:breakpoint -- --work-ms 10 --slo p95=200
  npm run scenario:breakpoint -- --url http://10.0.0.7 --path /api/items --rate 200
  npm run scenario:breakpoint -- --scenario ./checkout.ts --url http://10.0.0.7`,
}

/** `breakpoint`: passes where a rate held, is invalid where k6 was the bottleneck. */
export async function breakpoint(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { options, written } = parsed
  const what = scriptNamed(shell, options.scenario ?? 'arrival')
  checkLoad(what, options)
  const {
    rate: start = 20,
    precision = 2,
    repeat = 2,
    arrivals,
    arrivalSeed = 1,
    quick,
    out = 'results',
  } = options
  const search: Search = { start, precision: precision / 100, repeat }
  const load = optionsFrom(flags, { slo: defaultSlo, duration: quick ? '3s' : '10s', ...written })
  const loading = scriptOf(what)
  const opening = loading.then((script) => openFor(shell, script, options))
  const [k6, script, target] = await Promise.all([findK6(shell), loading, opening]).catch(async (error) => {
    await (await opening.catch(() => null))?.restore()
    throw error
  })
  const { filling, complete, giveUp } = await resultFolder(userPath(shell, out), 'breakpoint', new Date())
  const runs: RunStatistics[] = []
  const probes: Probe[] = []
  let failure: Error | null = null
  try {
    for (
      let rate = nextRate(probes, search);
      rate !== null && !shell.signal.aborted;
      rate = nextRate(probes, search)
    ) {
      const { source } = await measure(shell, {
        script,
        search: rate,
        // Repeats at the same random times would all be the same luck.
        options: { ...load, rate, ...(arrivals === 'poisson' && { arrivalSeed: arrivalSeed + runs.length }) },
        target,
        labels: { probe: String(runs.length + 1) },
        out: filling,
        k6,
      })
      const run = runStatistics(source)
      runs.push(run)
      const [probe] = probeOf(run, search)
      if (!probe) break
      probes.push(probe)
      shell.say(
        `probe ${runs.length}: ${rate} ${script.own ? 'iterations' : 'requests'}/s ${probe.held ? 'held' : `broke: ${probe.why}`}`,
      )
    }
  } catch (error) {
    failure = error as Error
  } finally {
    await target?.restore()
  }
  if (runs.length === 0) {
    await giveUp()
    throw failure ?? new Failure('interrupted', 'interrupted before the first probe')
  }
  const at = await complete()
  const figures = breakpointStatistics(runs, search)
  await writeAndPrint(shell, figures, path.join(at, 'report'))
  if (shell.signal.aborted) return exitCodes.interrupted
  if (failure) {
    const made = shownPath(shell, at)
    failure.message = `${failure.message.replaceAll(shownPath(shell, filling), made)}; the search ended after ${quantity(probes.length, 'probe')}, kept in ${made}, and cannot be resumed`
    throw failure
  }
  const { held, limit } = figures.breakpoint ?? {}
  if (limit === 'generator') return exitCodes.invalid
  return exitCodes[held ? 'pass' : 'fail']
}
