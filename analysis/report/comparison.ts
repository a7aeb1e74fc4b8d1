import { figurePhrase } from '../formats/figure.ts'
import { number, percent, quantity } from '../formats/words.ts'
import { largest } from '../numbers/extremes.ts'
import { fewestRuns } from '../numbers/repeated.ts'
import { badRuns } from '../run/bad-run.ts'
import { sideLevels } from '../runs/comparability.ts'
import type { ComparedGroup, Comparison } from '../runs/compare.ts'
import { isTagged } from '../runs/figures-compared.ts'
import { inOrder } from '../runs/in-order.ts'
import type { Compared, Judgement } from '../runs/judgement.ts'
import type { Statistics } from '../runs/statistics.ts'
import { type Block, type Case, type Column, list, present, type Tone, tableOf } from './blocks.ts'
import { changeWords, groupName, worstFirst } from './change-words.ts'
import { comparisonSentence } from './comparison-finding.ts'
import { levelsWords } from './factor-levels.ts'
import { runRecords } from './figures.ts'
import { groupByRun, groupOf } from './groups.ts'
import type { OfRuns } from './model.ts'
import { comparisonPlot } from './plots/comparison.ts'
import { distributionPlots } from './plots/distribution.ts'
import { shiftPlots } from './plots/shift.ts'
import { stripPlot } from './plots/strip.ts'
import { everyRun } from './runs.ts'
import { shiftWords } from './shift-words.ts'

export function comparisonReport(statistics: Statistics): OfRuns {
  const { runs } = statistics
  const comparison = statistics.comparison as Comparison
  const { split } = comparison
  const sides = [groupOf('baseline', 0, runs.slice(0, split)), groupOf('candidate', 1, runs.slice(split))]
  const side = groupByRun(sides)
  const compared = comparedBlocks(comparison).map((block): Block => ({ ...block, terminal: true }))
  const [[latency, saturation], table, details] = everyRun(runs, sides)
  return {
    title: 'Candidate against baseline',
    blocks: present([
      ...compared.filter(({ kind }) => kind === 'finding'),
      { ...list(setWords(runs, split)), terminal: true },
      comparisonPlot(comparison),
      views('Change by percentile', shiftPlots(comparison)),
      stripPlot(inOrder(runs, comparison)),
      views('Distribution of latency', [latency, ...distributionPlots(sides)]),
      ...compared.filter(({ kind }) => kind !== 'finding'),
      saturation ?? null,
      ...table.map((each) => ({ ...each, folded: true })),
      ...details,
    ]),
    cases: comparison.groups.flatMap(groupCases),
    records: runRecords(runs, (run) => side.get(run)?.label ?? ''),
  }
}

/** `Baseline: cpu 200m; candidate: cpu 500m.`, where the sides are one deployment. */
function setWords(runs: Statistics['runs'], split: number): string | false {
  const [a = {}, b = {}] = [runs[0], runs[split]].map((side) => sideLevels(side?.run ?? null))
  const words = (levels: Readonly<Record<string, string>>) => levelsWords(levels) || 'as it was'
  return Object.keys({ ...a, ...b }).length > 0 ? `Baseline: ${words(a)}; candidate: ${words(b)}.` : false
}

/** Plots to switch between, if there are several. */
function views(name: string, plots: readonly (Block | null | undefined)[]): Block | null {
  const shown = plots.flatMap((each) => (each?.kind === 'plot' ? [each] : []))
  return shown.length > 1 ? { kind: 'choice', name, plots: shown } : (shown[0] ?? null)
}

const tones: Record<Judgement, Tone> = {
  worse: 'bad',
  better: 'good',
  'no difference': 'neutral',
  'cannot tell': 'doubt',
}

/** The judgement, and what it rests on for each scenario and number of replicas. */
export const comparedBlocks = (comparison: Comparison, subject = 'judgement'): Block[] => [
  { kind: 'finding', text: comparisonSentence(comparison), tone: tones[comparison.judgement] },
  ...judgedBlocks(comparison, subject),
]

const judgedBlocks = ({ judgement, groups, effect, unmatched }: Comparison, subject: string): Block[] => [
  {
    kind: 'finding',
    text: `${subject}: ${judgement}`,
    tone: tones[judgement],
    reasons: groups.flatMap((group) => worseWords(group, groups.length > 1)),
  },
  ...groups.flatMap((group): Block[] => [
    tableOf(groupName(group), group.metrics, columns(group)),
    {
      ...list(comparedRemarks(group, effect)),
      ...(group.metrics.length === 0 && { name: groupName(group) }),
    },
  ]),
  list(unmatched.map(sentence)),
]

// More of them are not read; the table has all.
const mostNamed = 8

/** `Worse: p95 of checkout +12.0 % (+9.00 to +15.0 %), …`: first what is of a part of the run, which says where to look. */
function worseWords(group: ComparedGroup, several: boolean): string[] {
  const worse = group.metrics.filter(({ judgement }) => judgement === 'worse')
  if (worse.length === 0) return []
  const sorted = [...worse.filter(isTagged).sort(worstFirst), ...worse.filter((each) => !isTagged(each))]
  const words = sorted.slice(0, mostNamed).map((each) => {
    const interval = each.interval ? ` (${intervalWords(each.scale, each.interval)})` : ''
    return `${figurePhrase(each.metric)} ${changeWords(each)}${interval}`
  })
  const more = sorted.length > mostNamed ? ` and ${number(sorted.length - mostNamed)} more` : ''
  return [`${several ? `${groupName(group)}: worse` : 'Worse'}: ${words.join(', ')}${more}.`]
}

const sentence = (words: string): string => (words.endsWith('.') ? words : `${words}.`)

const columns = ({ looks }: ComparedGroup): readonly Column<Compared>[] => [
  ['figure', ({ metric, unit }) => (unit === 'share' || unit === '' ? metric : `${metric} (${unit})`)],
  ['baseline', ({ unit, baseline }) => sideWords(unit, baseline)],
  ['candidate', ({ unit, candidate }) => sideWords(unit, candidate)],
  ['change', changeWords],
  [`${percent(1 - 0.05 / looks)} interval`, ({ scale, interval }) => intervalWords(scale, interval)],
  ['p (adjusted)', ({ adjusted }) => (adjusted < 0.0001 ? '< 0.0001' : number(adjusted))],
  ['Cliff’s δ', ({ delta }) => number(delta)],
  ['judgement', ({ judgement }) => ({ text: judgement, tone: tones[judgement] })],
]

/** Of shares the mean, which shows a few runs with many errors; of other figures the typical run. */
const sideWords = (unit: string, { mean, median }: Compared['baseline']): string =>
  unit === 'share' ? percent(mean) : number(median)

const intervalWords = (scale: Compared['scale'], interval: Compared['interval']): string =>
  interval
    ? `${changeWords({ scale, change: interval.low })} to ${changeWords({ scale, change: interval.high })}`
    : '–'

/** What a group's comparison shows and what to know before trusting it, in sentences. */
function comparedRemarks(group: ComparedGroup, effect: number): string[] {
  const { runs, refused, invalid, metrics, byPercentile, warnings, suspect, pairs, looks } = group
  if (refused.length > 0) return [...refused.map(sentence), 'Not compared.']
  const judged = (judgement: Judgement) => metrics.filter((each) => each.judgement === judgement)
  const names = (these: readonly Compared[]) => shortened(these, ({ metric }) => figurePhrase(metric))
  const better = judged('better')
  const same = judged('no difference')
  const open = judged('cannot tell').filter(({ metric }) => metric !== badRuns)
  const remarks: string[] = []
  if (better.length > 0) {
    const words = (each: Compared) => `${figurePhrase(each.metric)} ${changeWords(each)}`
    remarks.push(`Better: ${shortened(better, words)}.`)
  }
  if (same.length > 0) remarks.push(`No difference beyond ${percent(effect)}: ${names(same)}.`)
  if (open.length > 0) {
    const needed = Math.max(0, largest(open.map(({ runsNeeded }) => runsNeeded ?? 0)))
    const why =
      Math.min(runs.baseline, runs.candidate) < fewestRuns
        ? `${number(runs.baseline)} and ${number(runs.candidate)} runs are too few for any verdict, which takes ${fewestRuns} a side`
        : `the runs vary too much to show or to exclude a change of ${percent(effect)}`
    const enough =
      needed > 0
        ? `; about ${number(needed)} runs a side would be enough in nine of ten comparisons${open.some(isTagged) ? ' for those of the whole run' : ''}`
        : ''
    remarks.push(`Cannot tell: ${names(open)} – ${why}${enough}.`)
  }
  if (byPercentile) remarks.push(`By percentile: ${lowered(shiftWords(byPercentile, effect))}.`)
  if (metrics.length === 0) remarks.push('No figure that both sides have differs in any run.')
  if (suspect)
    remarks.push(
      'More runs of the candidate went wrong than can be ignored, and too few to be sure: look at these runs, then repeat the comparison.',
    )
  if (invalid > 0)
    remarks.push(
      `${quantity(invalid, 'invalid run')} ${invalid === 1 ? 'is' : 'are'} left out of the figures of speed.`,
    )
  if (pairs !== null)
    remarks.push(
      `Intervals and p compare ${quantity(pairs, 'pair')} of runs made in turns, so a drift of the machine does not widen them.`,
    )
  const tagged = metrics.filter(isTagged)
  if (tagged.length > 0)
    remarks.push(
      `The figures of the whole run are judged as without the ${quantity(tagged.length, 'figure')} of parts of it, which are judged together: p is adjusted for all of them (Westfall and Young), and worse or better needs a p of at most 0.008, a change beyond ${percent(effect)}, and an interval at least its own width from no change.`,
    )
  if (looks > 1)
    remarks.push(
      `The runs could be looked at ${looks} times, so each look spends 1/${looks} of the permitted error and the intervals are wider.`,
    )
  return [...remarks, ...warnings.map(sentence)]
}

const lowered = (words: string): string => `${words[0]?.toLowerCase()}${words.slice(1)}`

/** Names of figures; of parts of the run at most a few. */
function shortened(these: readonly Compared[], words: (each: Compared) => string): string {
  const [ofRun, tagged] = [these.filter((each) => !isTagged(each)), these.filter(isTagged)]
  const few = tagged.length <= mostNamed
  return [
    ...ofRun.map(words),
    ...(few ? tagged.map(words) : [`${quantity(tagged.length, 'figure')} of parts of the run`]),
  ].join(', ')
}

/** One for each figure, failed where it is worse; one for a group that could not be compared. */
function groupCases(group: ComparedGroup): Case[] {
  const suite = groupName(group)
  if (group.refused.length > 0)
    return [{ suite, name: 'comparable', failure: group.refused.map(sentence).join(' ') }]
  return group.metrics.map((each) => ({
    suite,
    name: each.metric,
    failure:
      each.judgement === 'worse' ? `${figurePhrase(each.metric)} is ${changeWords(each)}: worse.` : null,
  }))
}
