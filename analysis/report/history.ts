import { dot, line, type Markish, ruleX, ruleY, text } from '@observablehq/plot'
import type { Night } from '../formats/night.ts'
import { number, percent } from '../formats/words.ts'
import { groupedBy } from '../numbers/group.ts'
import type { Alarm } from '../runs/alarms.ts'
import { type Change, fewestBefore, inARow } from '../runs/changes.ts'
import { cellName, type Series, standing } from '../runs/history.ts'
import type { Statistics } from '../runs/statistics.ts'
import { comparedRemarks, groupName } from './comparison.ts'
import { list, table } from './markdown.ts'
import { html, Markup } from './markup.ts'
import { comparisonPart, document, plainTable, sentences } from './page.ts'
import { colour, type Panel, type Picture, picture } from './plots/svg.ts'

/** What a history is told about beside its series. */
export type HistoryReport = {
  readonly nights: readonly Night[]
  readonly series: readonly Series[]
  readonly alarms: readonly Alarm[]
  /** Of the last night: baseline and candidate run in turns; null without a baseline. */
  readonly comparison: Statistics['comparison']
  /** What was not read, not run, or not as it should be. */
  readonly remarks: readonly string[]
}

/** Every file of the report of a history by its name. */
export function historyFiles(report: HistoryReport): Map<string, string> {
  const pictures = picturesOf(report)
  const { series, alarms, comparison } = report
  const told = series.map(({ points, ...rest }) => ({
    ...rest,
    points: points.map(({ night, ...point }) => ({ night: night.id, commit: night.commit, ...point })),
  }))
  const open = alarms.map((alarm) => ({
    series: alarm.series.name,
    night: alarm.since.id,
    words: alarmWords(alarm),
  }))
  return new Map([
    ['index.html', historyPage(report, pictures)],
    ['report.md', historyMarkdown(report, pictures)],
    [
      'statistics.json',
      `${JSON.stringify({ schema: 'load-and-stress statistics of a history 1', alarms: open, series: told, comparison }, null, 2)}\n`,
    ],
    ...pictures.map(({ name, svg }): [string, string] => [`${name}.svg`, svg]),
  ])
}

/** The line that says how it stands. */
export const historyTitle = ({ alarms, nights }: Pick<HistoryReport, 'alarms' | 'nights'>): string =>
  alarms.length > 0
    ? `${alarms.length} ${alarms.length === 1 ? 'figure is' : 'figures are'} worse than before`
    : `No change for the worse in ${nights.length} night${nights.length === 1 ? '' : 's'}`

const day = ({ startedAt }: Night): string => startedAt.slice(0, 16).replace('T', ' ')
const short = (commit: string | null): string =>
  commit?.replace(/^([0-9a-f]{10})[0-9a-f]+/, '$1') ?? 'unknown'

/** `+10.2 %`, or in its own unit where a ratio says nothing. */
export const byWords = ({ by, before, after }: Change): string =>
  before > 0 && after > 0
    ? `${by > 1 ? '+' : '−'}${number(Math.abs(100 * (by - 1)))} %`
    : `${by > 0 ? '+' : '−'}${percent(Math.abs(by))}`

/** Where to look: what else changed, when both nights ran the same commit, nobody here can know. */
const between = ([before, after]: Alarm['commits']): string =>
  before === null && after === null
    ? ''
    : before === after
      ? `; both nights ran the commit ${short(after)}`
      : `, between the commits ${short(before)} and ${short(after)}`

/** An alarm in a sentence. */
export const alarmWords = ({ series, change, commits, since }: Alarm): string =>
  `${series.name} is ${byWords(change)} since the night of ${day(since)} (${figure(series, change.before)} before, ${figure(series, change.after)} after)${between(commits)}.`

const figure = ({ unit }: Pick<Series, 'unit'>, value: number): string =>
  unit === 'share' ? percent(value) : `${number(value)} ${unit}`

const alarmColumns = [
  'figure',
  'change',
  'before',
  'after',
  'since',
  'commits',
  'told by',
  'to acknowledge',
] as const
const alarmRows = (alarms: readonly Alarm[]): string[][] =>
  alarms.map(({ series, change, commits, since }) => [
    series.name,
    byWords(change),
    figure(series, change.before),
    figure(series, change.after),
    day(since),
    commits[0] === commits[1] ? short(commits[0]) : `${short(commits[0])} … ${short(commits[1])}`,
    change.how,
    since.id,
  ])

const lastColumns = ['figure', 'last night', 'its usual', 'apart', 'remark'] as const
/** The last night beside the nights since the last change: what an alarm may come of, or a bad night. */
const lastRows = (all: readonly Series[]): string[][] =>
  all.flatMap((series) => {
    const last = series.points.at(-1)
    const { usual, spread, nights } = standing(series)
    if (!last) return []
    if (usual === null) return [[series.name, figure(series, last.value), '–', '–', young(nights)]]
    const apart = usual > 0 ? last.value / usual - 1 : last.value - usual
    const far = spread !== null && Math.abs(last.value - usual) > 3 * spread && Math.abs(apart) > 0.05
    const worse = apart > 0 === (series.better === 'lower')
    return [
      [
        series.name,
        figure(series, last.value),
        figure(series, usual),
        `${apart < 0 ? '−' : '+'}${percent(Math.abs(apart))}`,
        far
          ? `unusually ${worse ? 'bad' : 'good'}; a change, if ${inARow} nights in a row say so`
          : young(nights),
      ],
    ]
  })

const young = (nights: number): string =>
  nights > fewestBefore
    ? ''
    : `${nights} night${nights === 1 ? '' : 's'} so far; an alarm needs ${fewestBefore} before it`

function historyPage(report: HistoryReport, pictures: readonly Picture[]): string {
  const { alarms, series, remarks, comparison, nights } = report
  const title = historyTitle(report)
  return document(
    title,
    html`<header><h1>${title}</h1><p class="verdict ${alarms.length > 0 ? 'fail' : 'pass'}"><strong>${alarms.length > 0 ? 'worse' : 'no alarm'}</strong></p>
<p>${nights.length} nights, ${nights[0] ? `${day(nights[0])} to ${day(nights.at(-1) as Night)}` : 'none yet'}; ${series.length} figures.</p>${
      alarms.length > 0
        ? html`${sentences(alarms.map(alarmWords))}${plainTable('Alarms', alarmColumns, alarmRows(alarms))}<p>A change that is known is not told again once acknowledged.json in the history has its figure, its night and a reason.</p>`
        : null
    }${sentences(remarks)}</header>${
      comparison ? html`<h2>Last night against its baseline</h2>${comparisonPart({ comparison })}` : null
    }<h2>Last night</h2>${plainTable('Last night', lastColumns, lastRows(series))}<h2>Every night</h2><section aria-label="Plots">${pictures.map(({ svg }) => html`<figure>${new Markup(svg)}</figure>`)}</section>`,
    'Each point is the median of a night’s runs, the line through it from the least to the greatest. Changes are told when three nights in a row agree, or many nights do; nights of another environment are looked at apart. The figures are also in statistics.json and report.md beside this page.',
  )
}

function historyMarkdown(report: HistoryReport, pictures: readonly Picture[]): string {
  const { alarms, series, remarks, comparison } = report
  const parts = [
    `# ${historyTitle(report)}`,
    ...list(alarms.map(alarmWords)),
    ...(alarms.length > 0 ? [table(alarmColumns, alarmRows(alarms))] : []),
    ...list(remarks),
    ...(comparison ? [`## Last night against its baseline: ${comparison.judgement}`] : []),
    ...(comparison?.groups ?? []).flatMap((group) => [
      `### ${groupName(group)}`,
      ...list(comparedRemarks(group, comparison?.effect ?? 0)),
    ]),
    '## Last night',
    table(lastColumns, lastRows(series)),
    ...pictures.map(({ name, title }) => `![${title}](${name}.svg)`),
  ]
  return `${parts.join('\n\n')}\n`
}

/** For CI: a case for each figure, failed where it raises an alarm, and one for each problem of the night's runs. */
export function junit(
  { series, alarms }: HistoryReport,
  runs: readonly { name: string; failure: string | null }[],
): string {
  const cases = [
    ...runs.map(({ name, failure }) => ({ suite: 'runs', name, failure })),
    ...series.map((each) => {
      const alarm = alarms.find((one) => one.series === each)
      return { suite: 'changes', name: each.name, failure: alarm ? alarmWords(alarm) : null }
    }),
  ]
  const failed = cases.filter(({ failure }) => failure !== null).length
  return `<?xml version="1.0" encoding="UTF-8"?>
${
  html`<testsuites name="load-and-stress nightly" tests="${cases.length}" failures="${failed}"><testsuite name="nightly" tests="${cases.length}" failures="${failed}">${cases.map(
    ({ suite, name, failure }) =>
      html`
<testcase classname="${suite}" name="${name}">${failure === null ? null : html`<failure message="${failure}"></failure>`}</testcase>`,
  )}
</testsuite></testsuites>`.text
}
`
}

/** One picture for each scenario and number of replicas, a panel a figure. */
function picturesOf({ series }: HistoryReport): Picture[] {
  const cells = groupedBy(series, (each) => cellName(each) + each.load)
  return [...cells.values()].map((cell, index) => {
    const [first] = cell as [Series]
    const name = cellName(first)
    // A figure that never was anything but 0 says all of it in a word.
    const drawn = cell.filter(({ points }) => points.some(({ value }) => value !== 0))
    return picture(
      {
        name: `history-${index + 1}-${name.replace(/[^a-z0-9]+/gi, '-')}`,
        title: `${name}: ${first.load}`,
        description: drawn
          .map(
            ({ metric, points, changes, unit }) =>
              `${metric} over ${points.length} nights, last ${figure({ unit }, points.at(-1)?.value ?? 0)}${
                changes.length > 0
                  ? `, changed ${changes.map((change) => `by ${byWords(change)} on ${day(points[change.index]?.night as Night)}`).join(', ')}`
                  : ', without a change'
              }`,
          )
          .join('; '),
      },
      drawn.map((each, place) => panel(each, place === drawn.length - 1)),
    )
  })
}

function panel(series: Series, last: boolean): Panel {
  const { points, changes, environments, metric, unit, better } = series
  const data = points.map(({ night, value, low, high }) => ({
    at: new Date(night.startedAt),
    value,
    low,
    high,
  }))
  const at = (index: number) => data[index]?.at as Date
  const ends = [0, ...changes.map(({ index }) => index), data.length]
  const levels =
    changes.length === 0
      ? []
      : ends.slice(0, -1).map((from, place) => {
          const to = Math.max(from, (ends[place + 1] ?? data.length) - 1)
          const y = place === 0 ? changes[0]?.before : changes[place - 1]?.after
          return { from: at(from), to: at(to), y: y ?? 0 }
        })
  const hue = ({ direction }: Change) => (direction === 'worse' ? colour(7) : colour(2))
  const marks: Markish[] = [
    ruleX(environments.map(at), { stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '2 4' }),
    text(environments.map(at), {
      x: (each: Date) => each,
      frameAnchor: 'top',
      text: () => 'environment',
      dy: 4,
      dx: 4,
      textAnchor: 'start',
      fillOpacity: 0.7,
    }),
    ruleX(data, { x: 'at', y1: 'low', y2: 'high', stroke: colour(0), strokeOpacity: 0.3 }),
    line(data, { x: 'at', y: 'value', stroke: colour(0), strokeOpacity: 0.35 }),
    dot(data, { x: 'at', y: 'value', fill: colour(0), r: data.length > 120 ? 1.5 : 2.5 }),
    ruleY(levels, {
      x1: 'from',
      x2: 'to',
      y: 'y',
      stroke: 'currentColor',
      strokeOpacity: 0.7,
      strokeWidth: 1.5,
    }),
    ruleX(changes, { x: (change: Change) => at(change.index), stroke: hue, strokeWidth: 1.5 }),
    text(changes, {
      x: (change: Change) => at(change.index),
      frameAnchor: 'top',
      text: byWords,
      dy: -10,
      fill: hue,
      fontWeight: 'bold',
    }),
  ]
  const most = Math.max(...data.map(({ high }) => high))
  const least = Math.min(...data.map(({ low }) => low))
  return {
    height: last ? 168 : 140,
    marginBottom: last ? 38 : 12,
    x: {
      type: 'utc',
      label: last ? 'night' : null,
      labelAnchor: 'center',
      labelArrow: 'none',
      ...(last ? { ticks: 6 } : { axis: null }),
    },
    y: {
      // From near the values: from zero a change of a tenth would not be seen.
      domain: [Math.max(0, least - 0.15 * (most - least || most)), most + 0.15 * (most - least || most || 1)],
      label: `${metric}${unit === 'share' ? '' : ` (${unit})`}, ${better} is better`,
      ticks: 4,
      tickFormat: number,
      grid: true,
    },
    marks,
  }
}
