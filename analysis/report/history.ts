import type { Night } from '../formats/night.ts'
import { percent, quantity } from '../formats/words.ts'
import { badRuns } from '../run/bad-run.ts'
import { type Alarm, idleNights } from '../runs/alarms.ts'
import { type Series, standing } from '../runs/history.ts'
import { fewestBefore, inARow } from '../runs/shifts.ts'
import type { Statistics } from '../runs/statistics.ts'
import { type Case, type Cell, list, present, type Report, type Table, tableOf } from './blocks.ts'
import { byWords, dayOf, figureWords, signed } from './change-words.ts'
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
  readonly entries?: readonly { readonly name: string; readonly failure: string | null }[]
  /** The pages of nights by id, as paths from this report. */
  readonly pages?: ReadonlyMap<string, string>
}

export function historyReport(history: HistoryReport): Report {
  const { nights, series, alarms, silent = [], comparison, remarks, pages = new Map() } = history
  const [first, last] = [nights[0], nights.at(-1)]
  const words = alarms.map(alarmWords)
  return {
    suite: 'nightly',
    title: titleOf(history),
    blocks: present([
      {
        kind: 'finding',
        text: alarms.length > 0 ? 'worse' : 'no alarm',
        tone: alarms.length > 0 ? 'bad' : 'good',
        reasons: words,
        terminal: true,
      },
      list(
        `${nights.length} night${nights.length === 1 ? '' : 's'}, ${first && last ? `${dayOf(first)} to ${dayOf(last)}` : 'none yet'}; ${series.length} figure${series.length === 1 ? '' : 's'}.`,
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
    figures: figuresOf(history),
    records: [],
  }
}

const titleOf = ({ alarms, nights }: HistoryReport): string =>
  alarms.length > 0
    ? `${alarms.length} ${alarms.length === 1 ? 'figure is' : 'figures are'} worse than before`
    : `No change for the worse in ${nights.length} night${nights.length === 1 ? '' : 's'}`

const casesOf = ({ entries = [], series, alarms }: HistoryReport): Case[] => [
  ...entries.map(({ name, failure }) => ({ suite: 'runs', name, failure })),
  ...series.map((each) => {
    const alarm = alarms.find((one) => one.series === each)
    return { suite: 'changes', name: each.name, failure: alarm ? alarmWords(alarm) : null }
  }),
]

const figuresOf = ({ alarms, series, comparison }: HistoryReport) => ({
  schema: 'load-and-stress statistics of a history 1',
  alarms: alarms.map((alarm) => ({
    series: alarm.series.name,
    night: alarm.since.id,
    words: alarmWords(alarm),
  })),
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
    return [[series.name, value, figureWords(series, usual), signed(apart), remark]]
  }),
})

/** Until there are ten nights no change can be seen, except against a baseline of the same night. */
function young(nights: number, from: ReturnType<typeof standing>['from'], compared: boolean): string {
  if (nights > fewestBefore) return ''
  const where = {
    'the beginning': '',
    'a new environment': ' in this environment',
    'a change': ' since a change',
  }
  const instead = compared ? '; until then, see last night against its baseline, run in turns' : ''
  return `${quantity(nights, 'night')} so far${where[from]}; an alarm needs ${fewestBefore} before it${instead}`
}
