import type { Night } from '../formats/night.ts'
import { change as changeBy, percent, quantity } from '../formats/words.ts'
import { badRuns } from '../run/bad-run.ts'
import { type Alarm, idleNights } from '../runs/alarms.ts'
import { type Series, standing } from '../runs/history.ts'
import { fewestBefore, inARow } from '../runs/shifts.ts'
import type { Statistics } from '../runs/statistics.ts'
import { type Case, type Cell, list, present, type Report, type Table, tableOf } from './blocks.ts'
import { byWords, dayOf, figureWords } from './change-words.ts'
import { comparedBlocks } from './comparison.ts'
import { historyPlots } from './plots/history.ts'

/** What the report of a history needs. */
export type HistoryReport = {
  readonly kind: 'history'
  readonly nights: readonly Night[]
  readonly series: readonly Series[]
  readonly alarms: readonly Alarm[]
  /** What is worse than the accepted level, but no alarm for the reason in `silent`. */
  readonly silent?: readonly Alarm[]
  /** Last night's baseline and candidate, run in turns; null without a baseline. */
  readonly comparison: Statistics['comparison']
  /** What could not be read, was not run, or was not as planned. */
  readonly remarks: readonly string[]
  /** Last night's runs by entry of the plan, for CI. */
  readonly entries?: readonly {
    readonly name: string
    readonly failure: string | null
    /** Of its runs together; null where that is unknown. */
    readonly seconds?: number | null
  }[]
  /** The pages of nights by id, as paths from this report. */
  readonly pages?: ReadonlyMap<string, string>
}

export function historyReport(history: HistoryReport): Report {
  const { nights, series, alarms, silent = [], comparison, remarks, pages = new Map() } = history
  const [first, last] = [nights[0], nights.at(-1)]
  const words = alarms.map(alarmWords)
  return {
    suite: 'nightly',
    title: 'Night by night',
    blocks: present([
      {
        kind: 'finding',
        text: historySentence(history),
        tone: alarms.length > 0 ? 'bad' : tooEarly(series) ? 'doubt' : 'good',
        reasons: words,
        terminal: true,
      },
      list(
        `${quantity(nights.length, 'night')}, ${first && last ? `${dayOf(first)} to ${dayOf(last)}` : 'none yet'}; ${quantity(series.length, 'figure')}.`,
      ),
      alarmsTable(alarms, pages),
      list(silent.map(silentWords)),
      { ...list(remarks), terminal: true },
      ...(comparison ? comparedBlocks(comparison, 'Last night against its baseline') : []),
      lastNightTable(series, comparison !== null),
      ...historyPlots(series),
      { ...nightsTable(nights, pages), folded: true },
    ]),
    foot: 'Each point is the median of a night’s runs, the line through it from the least to the greatest. A change is shown when three nights in a row agree, or many nights do, or when weeks show a trend. Each environment is judged alone, against the level that was last accepted: the first one, a lasting improvement, or what acknowledged.json names. The figures are also in statistics.json and report.md beside this page.',
    cases: casesOf(history),
    startedAt: last?.startedAt ?? null,
    seconds: secondsOfNight(history),
    figures: figuresOf(history),
    records: [],
  }
}

/** The alarm of the greatest change, or that there is none as far as that can be seen. */
function historySentence({ alarms, nights, series }: HistoryReport): string {
  const size = ({ change: { by, scale } }: Alarm) => Math.abs(scale === 'ratio' ? Math.log(by) : by)
  const [worst, ...more] = [...alarms].sort((a, b) => size(b) - size(a))
  if (worst) {
    const others = more.length > 0 ? `, and ${quantity(more.length, 'more figure')} worse` : ''
    return `${worst.series.name} is worse since ${dateOf(worst.since, nights.at(-1))} (${byWords(worst.change)})${others}.`
  }
  if (!tooEarly(series)) return `No change for the worse in ${quantity(nights.length, 'night')}.`
  const [longest] = series.map(standing).sort((a, b) => b.nights - a.nights)
  return `Too early to see a change: ${quantity(longest?.nights ?? 0, 'night')} so far${longest ? places[longest.from] : ''}, and it takes more than ${fewestBefore}.`
}

/** Whether no figure has the nights that a change needs before it. */
const tooEarly = (series: readonly Series[]): boolean =>
  series.every((each) => each.metric === badRuns || standing(each).nights <= fewestBefore)

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `3 Nov`, of another year than the last night’s `3 Nov 2025`. */
function dateOf({ startedAt }: Night, last: Night | undefined): string {
  const [year = '', month = '', day = ''] = startedAt.slice(0, 10).split('-')
  const date = `${Number(day)} ${months[Number(month) - 1] ?? month}`
  return last?.startedAt.startsWith(year) ? date : `${date} ${year}`
}

/** Of last night's entries; unknown where it is unknown of one, or where only the history is reported. */
function secondsOfNight({ entries = [] }: HistoryReport): number | null {
  const known = entries.flatMap(({ seconds }) => seconds ?? [])
  return known.length === 0 || known.length < entries.length ? null : known.reduce((sum, each) => sum + each)
}

const casesOf = ({ entries = [], series, alarms }: HistoryReport): Case[] => [
  ...entries.map(({ name, failure, seconds = null }) => ({
    suite: 'runs',
    name,
    failure,
    ...(seconds !== null && { seconds }),
  })),
  ...series.map((each) => {
    const alarm = alarms.find((one) => one.series === each)
    return { suite: 'changes', name: each.name, failure: alarm ? alarmWords(alarm) : null }
  }),
]

/** What an alarm is about, the night that it began with, and a sentence. */
export const alarmsOf = ({ alarms }: Pick<HistoryReport, 'alarms'>) =>
  alarms.map((alarm) => ({ series: alarm.series.name, night: alarm.since.id, words: alarmWords(alarm) }))

const figuresOf = ({ alarms, series, comparison }: HistoryReport) => ({
  schema: 'load-and-stress statistics of a history 1',
  alarms: alarmsOf({ alarms }),
  series: series.map(({ points, stays: _, ...rest }) => ({
    ...rest,
    points: points.map(({ night, ...point }) => ({ night: night.id, commit: night.commit, ...point })),
  })),
  comparison,
})

const short = (commit: string | null): string =>
  commit?.replace(/^([0-9a-f]{10})[0-9a-f]+/, '$1') ?? 'unknown'

function alarmWords(alarm: Alarm): string {
  const {
    series,
    change,
    commits: [before, after],
    since,
  } = alarm
  // Of one commit on both nights something else changed, which the history does not know.
  const where =
    before === null && after === null
      ? ''
      : before === after
        ? `; both nights ran the commit ${short(after)}`
        : `, between the commits ${short(before)} and ${short(after)}`
  if (change.how === 'bad runs')
    return `${series.name}: ${percent(change.after)} of the runs since the night of ${dayOf(since)} failed or were invalid (${beforeWords(alarm)} before)${where}.`
  return `${series.name} is ${byWords(change)} since the night of ${dayOf(since)} (${figureWords(series, change.before)} before, ${figureWords(series, change.after)} after)${where}.`
}

function silentWords({ series, change, since, silent }: Alarm): string {
  const what = `${series.name}: ${byWords(change)} since the night of ${dayOf(since)}`
  return silent === 'not run any more'
    ? `${what}, but this environment or load has not been run for ${idleNights} nights or more; no alarm.`
    : `${what}, but it has gone back and forth between these levels before; no alarm while it stays no longer.`
}

/** There is nothing before runs that were bad from the first night on. */
const beforeWords = ({ series, change }: Alarm): string =>
  series.stays.some(({ indexes }) => indexes[0] === change.index)
    ? 'unknown'
    : figureWords(series, change.before)

const alarmsTable = (alarms: readonly Alarm[], pages: Pages): Table => ({
  ...tableOf('Alarms', alarms, [
    ['figure', ({ series }) => series.name],
    ['change', ({ change }) => byWords(change)],
    ['before', beforeWords],
    ['after', ({ series, change }) => figureWords(series, change.after)],
    ['since', ({ since }) => nightCell(since, pages)],
    ['commits', ({ commits }) => [...new Set(commits)].map(short).join(' … ')],
    ['detected by', ({ change }) => change.how],
    ['to acknowledge', ({ since }) => since.id],
  ]),
  note: 'An alarm ends once acknowledged.json in the history has its figure, its night and a reason.',
})

type Pages = ReadonlyMap<string, string>

/** A night by its date, which leads to its page. */
function nightCell(night: Night, pages: Pages): Cell {
  const link = pages.get(night.id)
  return link === undefined ? dayOf(night) : { text: dayOf(night), link }
}

/** The nights whose pages are still there, the newest first. */
const nightsTable = (nights: readonly Night[], pages: Pages): Table =>
  tableOf(
    'Nights',
    nights.filter(({ id }) => pages.has(id)).sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1)),
    [
      ['night', (night) => nightCell(night, pages)],
      ['commit', ({ commit }) => short(commit)],
      ['valid runs', ({ runs }) => String(runs.valid)],
      ['invalid', ({ runs }) => String(runs.invalid)],
    ],
  )

/** The last night beside those since the last change: the start of an alarm, or one bad night. */
const lastNightTable = (all: readonly Series[], compared: boolean): Table => ({
  kind: 'table',
  name: 'Last night',
  heads: ['figure', 'last night', 'usual', 'apart', 'remark'],
  rows: all.flatMap((series) => {
    const last = series.points.at(-1)
    const { usual, spread, nights, from } = standing(series)
    const blind = series.metric === badRuns ? '' : young(nights, from, compared)
    if (!last) return []
    const value = figureWords(series, last.value)
    if (usual === null) return [[series.name, value, '–', '–', blind]]
    const apart = usual > 0 ? last.value / usual - 1 : last.value - usual
    const far =
      spread !== null && Math.abs(last.value - usual) > 3 * spread && Math.abs(apart) > series.effect
    const quality = apart > 0 === (series.better === 'lower') ? 'bad' : 'good'
    const remark = far ? `unusually ${quality}; a change, if ${inARow} nights in a row agree` : blind
    return [[series.name, value, figureWords(series, usual), changeBy(apart), remark]]
  }),
})

/** Since when nights have counted. */
const places: Record<ReturnType<typeof standing>['from'], string> = {
  'the beginning': '',
  'a new environment': ' in this environment',
  'a change': ' since a change',
}

/** Until there are ten nights no change can be seen, except against a baseline of the same night. */
function young(nights: number, from: ReturnType<typeof standing>['from'], compared: boolean): string {
  if (nights > fewestBefore) return ''
  const instead = compared ? '; until then, see last night against its baseline, run in turns' : ''
  return `${quantity(nights, 'night')} so far${places[from]}; an alarm needs ${fewestBefore} before it${instead}`
}
