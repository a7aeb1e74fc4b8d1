import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { dayOf } from '../../analysis/report/change-words.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { isDecided } from '../../analysis/runs/compare.ts'
import { unknownFigures } from '../../analysis/runs/figures-compared.ts'
import { entryVerdicts, nightOf } from '../../analysis/runs/night.ts'
import { comparison, statistics } from '../../analysis/runs/statistics.ts'
import { labelFlag, outFlag } from '../load/options.ts'
import { namedDeployment } from '../load/target.ts'
import { deploymentFlags, generatorFlags, targetFlags } from '../load/target-options.ts'
import { positiveInteger } from '../load/values.ts'
import { addToResults } from '../results/browse.ts'
import { writeAtomically } from '../results/folder.ts'
import { clearJunit, junitFlag } from '../results/junit.ts'
import {
  addNight,
  historyFlag,
  historyReport,
  nightPages,
  openHistory,
  readHistory,
  writeHistoryReport,
} from '../results/nights.ts'
import { writeAndPrint } from '../results/print.ts'
import { tellOfAlarms, webhookFlags } from '../results/webhook.ts'
import { closeSeries, execute, resumable, sayHowToResume } from '../series/execute.ts'
import { outcomeOf } from '../series/finished.ts'
import { entryFlags, nightlyCells, readNightlyPlan } from '../series/nightly-plan.ts'
import { checkPlace, placeWritten, resumeFlag, untilDecidedFlag } from '../series/options.ts'
import { beginSeries, planOf, resumeSeries, type Series, withPatience } from '../series/plan.ts'
import { sideOf, sideRuns, variedDeployment } from '../series/sides.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, grouped, option, type Parsed, parseFlags, secret, text, toggle } from '../shell/flags.ts'
import { gitCommit } from '../shell/host.ts'
import { refusal } from '../shell/refusal.ts'
import { type Shell, userPath } from '../shell/shell.ts'

const flags = {
  ...grouped('Plan', {
    plan: option('LAS_PLAN', 'file', 'what to run (nightly.json)', text),
    minutes: option('LAS_MINUTES', 'n', 'budget, instead of the plan’s', positiveInteger),
  }),
  ...untilDecidedFlag,
  ...resumeFlag,
  ...targetFlags,
  ...deploymentFlags,
  ...generatorFlags,
  ...grouped('Target', {
    local: toggle('LAS_LOCAL', 'start the workload locally (default)'),
    baseline: secret(
      option(
        'LAS_BASELINE',
        'url',
        'run in turns with the target; on a cluster image=NAME, the last release',
        text,
      ),
    ),
  }),
  ...historyFlag,
  ...webhookFlags,
  ...labelFlag,
  ...junitFlag,
  ...outFlag,
} satisfies Flags

const usage = {
  command: 'nightly',
  purpose: 'Runs a plan, adds the night to the history, and reports lasting changes.',
  flags,
  notes: `Writes results/<night>/: the runs, report/, history/ with every figure over the nights, junit.xml. In GitHub Actions
it writes the summary of the job too. It fails if a figure got worse, the night is worse than its baseline, or most runs
of an entry missed an SLO. --label host=… keeps the nights of unlike machines apart.
${exitCodesHelp}

  npm run nightly
  npm run nightly -- --cluster --baseline image=load-and-stress:1.4 --label branch=main
  npm run nightly -- --url http://10.0.0.7:8080 --history /mnt/history`,
}

/** `nightly`: see its help. */
export async function nightly(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { options } = parsed
  const plan = await readNightlyPlan(userPath(shell, options.plan ?? 'nightly.json'))
  const judging = { effect: plan.effect, figures: plan.figures }
  const folder = userPath(shell, options.history ?? 'history')
  // A history that cannot be read or written is reported before an hour of load, not after.
  await openHistory(folder)
  await readHistory(folder)
  await clearJunit(shell, options.junit)
  const startedAt = new Date()
  const series = options.resume
    ? withPatience(
        await resumeSeries(userPath(shell, options.resume), 'nightly', ({ cell }) => entryFlags(plan, cell)),
        parsed.written,
      )
    : await begin(shell, parsed, plan)
  return resumable(shell, series, async () => {
    const unneeded = await execute(shell, series, {
      allowPublic: options.allowPublic,
      unitsPerMs: plan.unitsPerMs,
      decided: (done, { scenario, replicas }) =>
        comparison(sideRuns(done, 'a'), sideRuns(done, 'b'), judging).comparison?.groups.some(
          (group) => group.scenario === scenario && group.replicas === replicas && isDecided(group),
        ) ?? false,
    })
    const { sources, complete } = await outcomeOf(series, unneeded)
    if (shell.signal.aborted) {
      sayHowToResume(shell, series, sources.length)
      return exitCodes.interrupted
    }
    if (sources.length === 0)
      throw new Failure('invalid', 'no run was completed; the night is not in the history')
    const at = await closeSeries(series)
    const runs = sources.map(runStatistics)
    const candidate = runs.filter(({ run }) => run?.labels.side !== 'a')
    const baseline = runs.filter(({ run }) => run?.labels.side === 'a')
    const judged = baseline.length > 0 ? comparison(baseline, candidate, judging) : statistics(sources)
    const labels = options.label ?? {}
    const night = nightOf(candidate, {
      id: path.basename(at),
      startedAt: startedAt.toISOString(),
      // Of what is tested, which is not always where the command was started.
      commit: labels.commit ?? (await gitCommit(shell)),
      labels,
      ...judging,
      planned: series.plan.runs.filter(({ side }) => side !== 'a').length,
    })
    // A night that cannot be added is still reported and judged; then how to add it is said.
    const lost = await addNight(folder, night).then(
      () => null,
      (error: Error) => error,
    )
    await writeAndPrint(shell, judged, path.join(at, 'report'), {
      related: [
        ['history', 'every figure over the nights', '../history/index.html'],
        ['runs', 'each with its files', `../../index.html#series=${night.id}`],
      ],
    })
    const entries = entryVerdicts(candidate)
    const more = [
      ...(complete
        ? []
        : [
            `${sources.length} of ${series.plan.runs.length} planned runs were completed: the ${series.plan.minutes} minutes were over.`,
          ]),
      ...[unknownFigures(runs, plan.figures ?? [])].flatMap((words) =>
        words ? [`"figures": ${words}.`] : [],
      ),
      ...entries.flatMap(({ name, failure }) => (failure ? [`${name}: ${failure}.`] : [])),
    ]
    const history = await readHistory(folder)
    const nights = [...history.nights.filter(({ id }) => id !== night.id), night]
    const report = historyReport(lost ? { ...history, nights } : history, {
      more,
      comparison: judged.comparison,
      entries,
      pages: nightPages(nights, path.dirname(at), path.join(at, 'history')),
    })
    const files = await writeHistoryReport(shell, report, path.join(at, 'history'), {
      junit: options.junit,
      related: [
        ['last night', dayOf(night), '../report/index.html'],
        ['all nights', 'in the page of all results', '../../index.html#kind=nights'],
      ],
    })
    await writeAtomically(path.join(at, 'junit.xml'), files.get('junit.xml') ?? '')
    await tellOfAlarms(shell, report, { ...options, history: folder })
    await addToResults(shell, path.dirname(at))
    const job = shell.env.GITHUB_STEP_SUMMARY
    if (job)
      await appendFile(job, withoutPictures(files.get('report.md') ?? '')).catch((error: Error) =>
        shell.say(`${job}: cannot write the summary of the job (${refusal(error)})`),
      )
    if (lost) throw lost
    if (entries.some(({ kind }) => kind === 'invalid')) return exitCodes.invalid
    const worse = report.alarms.length > 0 || judged.comparison?.judgement === 'worse'
    if (worse || entries.some(({ kind }) => kind === 'fail')) return exitCodes.fail
    return exitCodes[judged.comparison?.groups.some(({ suspect }) => suspect) ? 'invalid' : 'pass']
  })
}

const withoutPictures = (markdown: string): string => markdown.replace(/^!\[.*\n+/gm, '')

async function begin(
  shell: Shell,
  { options, written }: Parsed<typeof flags>,
  plan: Awaited<ReturnType<typeof readNightlyPlan>>,
): Promise<Series> {
  const { url, local, baseline, untilDecided, allowPublic, minutes, out = 'results' } = options
  const named = namedDeployment(options)
  const cluster = options.cluster || named !== null
  if ([options.cluster, options.deployment, url, local].filter(Boolean).length > 1)
    throw new Failure(
      'usage',
      '--url, --cluster, --deployment and --local each name a target; give one of them',
    )
  if (untilDecided && !baseline)
    throw new Failure('usage', '--until-decided needs --baseline: without one there is nothing to decide')
  checkPlace(!cluster, written)
  const a = await sideOf(baseline, { flag: '--baseline', allowPublic })
  const b = await sideOf(url, { flag: '--url', allowPublic })
  const ofImage = a?.startsWith('image=') ?? false
  if (ofImage && !cluster) throw new Failure('usage', '--baseline image=… needs --cluster or --deployment')
  const cells = nightlyCells(plan, a ? ['a', 'b'] : b ? ['b'] : [null])
  if (url && cells.some(({ replicas }) => replicas !== null))
    throw new Failure(
      'usage',
      'the plan sets replicas, which only --cluster, --deployment and --local can; leave them out for --url',
    )
  const varies = cluster && (ofImage || cells.some(({ replicas }) => replicas !== null))
  const varied = varies ? await variedDeployment(shell, { options, written }) : null
  const planned = planOf('nightly', cells, {
    local: !cluster,
    sides: { a, b: b ?? (ofImage ? `image=${varied?.before.image}` : null) },
    ...(cluster && placeWritten(written)),
    ...varied,
    minutes: minutes ?? plan.minutes,
    repeats: plan.repeats,
    untilDecided,
    // Another order every night.
    seed: Math.floor(Date.now() / 86_400_000),
    warmUpMs: 2000,
    coolDownMs: 1000,
  })
  return beginSeries(planned, userPath(shell, out))
}
