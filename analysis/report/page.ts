import { number, orDash, percent } from '../formats/words.ts'
import type { Statistics } from '../runs/statistics.ts'
import { breakpointWords, probeColumns, probeRows } from './breakpoint.ts'
import { comparedColumns, comparedRemarks, comparedRows, groupName } from './comparison.ts'
import { facts, fairness, podColumns, podRows } from './facts.ts'
import { html, Markup } from './markup.ts'
import type { Picture } from './plots/svg.ts'
import { levelColumns, levelRemarks, levelRows } from './replicas.ts'
import { groupsOf, letter, type RunStatistics } from './runs.ts'
import { followingColumns, followingRows } from './scaling.ts'
import {
  columns,
  type FigureRow,
  intendedColumns,
  requestRows,
  serverColumns,
  stageHolds,
  stageName,
  stageRows,
} from './table.ts'

/** The whole report as one HTML page that loads nothing. */
export function page(statistics: Statistics, pictures: readonly Picture[]): string {
  const { runs, comparison, replicas, breakpoint } = statistics
  const [only] = runs
  const title =
    runs.length === 1 && only
      ? only.name
      : comparison
        ? 'Candidate against baseline'
        : breakpoint
          ? 'Where it breaks'
          : replicas.length > 0
            ? `${runs.length} runs by replicas`
            : `${runs.length} runs side by side`
  const colours = coloursOf(statistics)
  const plots = html`<section aria-label="Plots">${pictures.map(({ svg }) => html`<figure>${new Markup(svg)}</figure>`)}</section>`
  const body =
    runs.length === 1 && only
      ? html`<header>${heading(only)}${headline(only)}</header>${plots}${details(only, 'h2')}`
      : html`<header><h1>${title}</h1>${comparisonPart(statistics)}${breakpoint ? html`<p>${breakpointWords(breakpoint)}</p>${plainTable('Probes', probeColumns, probeRows(breakpoint))}` : null}${levelsTable(statistics)}${
          // Where something else is the point, the single runs come after the pictures.
          together(statistics) ? null : runsTable(runs, colours)
        }</header>${plots}${together(statistics) ? html`<h2>Every run</h2>${runsTable(runs, colours)}` : null}${(
          runs.length > mostDetailed ? [] : runs
        ).map(
          (run, index) =>
            html`<article><h2 id="${letter(index)}"><span class="key" style="background:${colours[index]}"></span>${letter(index)} · ${run.name}</h2>${verdict(run)}${details(run, 'h3')}</article>`,
        )}`
  return document(
    title,
    body,
    'Times in milliseconds. Percentiles are k6’s own, exact, never averaged; “–” stands where there is no trustworthy answer. The figures are also in statistics.json and report.md beside this page.',
  )
}

/** One HTML page that loads nothing. */
export const document = (title: string, body: Markup, foot: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
${html`<title>${title} · load-and-stress</title>`.text}
<style>${style}</style>
</head>
<body>
<main>
${body.text}
</main>
<footer>${html`${foot}`.text}</footer>
</body>
</html>
`

const heading = (run: RunStatistics): Markup =>
  html`<h1>${run.run ? run.run.scenario : run.name} ${run.run ? html`<small>${run.name}</small>` : null}</h1>${verdict(run)}`

const verdict = ({ verdict: { kind, reasons } }: RunStatistics): Markup =>
  html`<p class="verdict ${kind}"><strong>${kind}</strong></p>${
    reasons.length > 0
      ? html`<ul class="reasons">${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`
      : null
  }`

function headline({ total, stages }: RunStatistics): Markup | null {
  if (total.requests === 0) return null
  const tiles: [string, string][] = [
    [number(total.requests), 'requests'],
    [orDash(total.rate), 'requests/s'],
    [orDash(total.errors, percent), 'errors'],
    [orDash(total.p50Ms), 'p50 ms'],
    [orDash(total.p95Ms), 'p95 ms'],
    [orDash(total.p99Ms), 'p99 ms'],
  ]
  const held = stages.length > 1 ? stages.filter(({ holds }) => holds === true) : []
  const best = held.reduce<(typeof held)[number] | undefined>(
    (a, b) => ((b.rate ?? 0) > (a?.rate ?? 0) ? b : a),
    undefined,
  )
  return html`<dl class="tiles">${tiles.map(([value, what]) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`)}</dl>${
    best
      ? html`<p>Of the stages that held the SLOs, ${stageName(best)} did the most: <strong>${orDash(best.rate)} requests/s</strong> at p95 ${orDash(best.p95Ms)} ms.</p>`
      : null
  }`
}

function details(run: RunStatistics, level: 'h2' | 'h3'): Markup {
  const { stages, total, remarks, failures } = run
  const known = facts(run)
  const head = (text: string) => new Markup(`<${level}>${text}</${level}>`)
  const figures = html`<section>${head('Figures')}${scroll(
    `Figures of ${run.name}`,
    html`<table><thead><tr><td></td>${columns.map(({ head }) => html`<th scope="col">${head}</th>`)}<th scope="col">SLOs hold</th></tr></thead>
<tbody>${stages.map(
      (stage) =>
        html`<tr><th scope="row">${stageName(stage)}</th>${columns.map(({ cell }) => html`<td>${cell(stage)}</td>`)}<td>${stageHolds(stage)}</td></tr>`,
    )}<tr class="total"><th scope="row">all</th>${columns.map(({ cell }) => html`<td>${cell(total)}</td>`)}<td></td></tr></tbody></table>`,
  )}${
    failures.length > 0
      ? html`<p>Failed requests: ${failures.map(({ count, what }) => `${number(count)} ${what}`).join(', ')}.</p>`
      : null
  }</section>`
  const kinds =
    run.requests.length > 0
      ? html`<section>${head('By kind of request')}${figureTable(`By kind of request in ${run.name}`, columns, requestRows(run))}</section>`
      : null
  const intended = total.intended
    ? html`<section>${head('From when it was to begin')}<p>Latency from when a request was sent, and from the moment at which the rate meant it to begin: what a stall costs everybody whom it keeps waiting.</p>${figureTable(`From when it was to begin, ${run.name}`, intendedColumns, stageRows(run))}</section>`
    : null
  const server = total.server
    ? html`<section>${head('Inside the workload')}<p>Where the time went, as the workload says: waiting for a thread, and working. The rest of a request is connecting, sending and the generator’s.</p>${figureTable(`Inside the workload of ${run.name}`, serverColumns, stageRows(run))}</section>`
    : null
  const followed =
    run.following.length > 0
      ? html`<section>${head('How the replicas followed')}${plainTable(`How the replicas followed in ${run.name}`, followingColumns, followingRows(run))}</section>`
      : null
  const rows = podRows(run)
  const balance =
    rows.length > 0
      ? html`<section>${head('On the pods')}${plainTable(`On the pods of ${run.name}`, podColumns, rows)}${fairness(run).map((words) => html`<p>${words}</p>`)}</section>`
      : null
  return html`${total.requests > 0 ? figures : null}${kinds}${intended}${server}${followed}${balance}${
    remarks.length > 0
      ? html`<section>${head('Before you trust it')}<ul>${remarks.map((remark) => html`<li>${remark}</li>`)}</ul></section>`
      : null
  }${
    known.length > 0
      ? html`<section>${head('What was run')}${scroll(
          `What was run in ${run.name}`,
          html`<table class="facts"><tbody>${known.map(([what, value]) => html`<tr><th scope="row">${what}</th><td>${value}</td></tr>`)}</tbody></table>`,
        )}</section>`
      : null
  }`
}

/** Where one row is of all, it stands out. */
const figureTable = (name: string, heads: typeof columns, rows: readonly FigureRow[]): Markup =>
  scroll(
    name,
    html`<table><thead><tr><td></td>${heads.map(({ head }) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map(
      ([row, figures]) =>
        html`<tr class="${row === 'all' ? 'total' : ''}"><th scope="row">${row}</th>${heads.map(({ cell }) => html`<td>${cell(figures)}</td>`)}</tr>`,
    )}</tbody></table>`,
  )

/** A table of text under one line of heads, each row named by its first cell. */
export const plainTable = (
  name: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): Markup =>
  scroll(
    name,
    html`<table><thead><tr>${heads.map((each) => html`<th scope="col">${each}</th>`)}</tr></thead>
<tbody>${rows.map(([first, ...cells]) => html`<tr><th scope="row">${first}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table>`,
  )

// Beyond it a page is too long to read, and to open; statistics.json and runs.csv have every run.
const mostDetailed = 100

const together = ({ replicas, comparison, breakpoint }: Statistics): boolean =>
  replicas.length > 0 || comparison !== null || breakpoint !== null

/** Of each run: of the group that it is drawn with. */
function coloursOf(statistics: Statistics): string[] {
  const groups = groupsOf(statistics)
  return statistics.runs.map((run) => groups.find(({ runs }) => runs.includes(run))?.colour ?? 'transparent')
}

export const sentences = (lines: readonly string[]): Markup | null =>
  lines.length > 0 ? html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>` : null

const judgementClass: Record<string, string> = { worse: 'fail', better: 'pass', 'cannot tell': 'invalid' }

export function comparisonPart({ comparison }: Pick<Statistics, 'comparison'>): Markup | null {
  if (!comparison) return null
  const { groups, effect, judgement, unmatched } = comparison
  return html`<p class="verdict ${judgementClass[judgement] ?? ''}"><strong>${judgement}</strong></p>${groups.map(
    (group) =>
      html`<h2>${groupName(group)}</h2>${group.metrics.length > 0 ? plainTable(`Comparison of ${groupName(group)}`, comparedColumns, comparedRows(group)) : null}${sentences(comparedRemarks(group, effect))}`,
  )}${sentences(unmatched.map((each) => `${each}.`))}`
}

const levelsTable = (statistics: Statistics): Markup | null =>
  statistics.replicas.length === 0
    ? null
    : html`${plainTable('By replicas', levelColumns, levelRows(statistics.replicas))}${sentences(levelRemarks(statistics))}`

const runsTable = (runs: readonly RunStatistics[], colours: readonly string[]): Markup =>
  scroll(
    'All runs',
    html`<table><thead><tr><td></td><th scope="col">run</th><th scope="col">verdict</th>${columns.map(({ head }) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${runs.map(
      ({ name, verdict, total }, index) =>
        html`<tr><td><span class="key" style="background:${colours[index]}"></span>${letter(index)}</td><th scope="row"><a href="#${letter(index)}">${name}</a></th><td class="${verdict.kind}">${verdict.kind}</td>${columns.map(({ cell }) => html`<td>${cell(total)}</td>`)}</tr>`,
    )}</tbody></table>`,
  )

// Wide tables scroll on their own; the keyboard must reach what scrolls.
const scroll = (name: string, table: Markup): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${name}">${table}</div>`

const style = `
:root{color-scheme:light dark;--ink:#1f2328;--paper:#fff;--soft:#57606a;--line:#d0d7de;--good:#1a7f37;--bad:#b42318;--doubt:#8a5a00;--link:#0a58b5}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--soft:#9aa4af;--line:#30363d;--good:#4ac26b;--bad:#ff8078;--doubt:#e3b341;--link:#79b8ff}}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:64rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{margin:0 0 .75rem;font-size:1.7rem;line-height:1.25}h1 small{font-size:.9rem;font-weight:400;color:var(--soft);overflow-wrap:anywhere}
h2{margin:2.5rem 0 .6rem;font-size:1.2rem}h3{margin:1.6rem 0 .5rem;font-size:1rem}
a{color:var(--link)}
.verdict{display:inline-block;margin:0;padding:.15rem .8rem;border:1.5px solid;border-radius:1rem}
.pass{color:var(--good)}.fail{color:var(--bad)}.invalid{color:var(--doubt)}
.reasons{margin:.6rem 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(7rem,1fr));gap:.75rem;margin:1.25rem 0}
.tiles div{display:flex;flex-direction:column-reverse;padding:.6rem .8rem;border:1px solid var(--line);border-radius:.5rem}
dt{font-size:.85rem;color:var(--soft)}dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}
figure{margin:1.75rem 0}figure svg{display:block;width:100%}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .55rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{padding-left:0}tbody th{text-align:left;font-weight:400}.total>*{font-weight:600}
.facts th{color:var(--soft);vertical-align:top}.facts td{text-align:left;white-space:normal;overflow-wrap:anywhere}
.key{display:inline-block;width:.8em;height:.8em;margin-right:.4em;border-radius:.2em}
li{margin:.25rem 0}
footer{margin:3rem auto 0;padding-top:1rem;border-top:1px solid var(--line);font-size:.85rem;color:var(--soft)}
`
