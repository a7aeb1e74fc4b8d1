import { sizesWords } from '../../formats/load.ts'
import { orDash, percent, quantity } from '../../formats/words.ts'
import { type Markup, tag } from '../printers/markup.ts'
import { verdictTones } from '../run.ts'
import { sparkline } from './drawings.ts'
import { type Entry, labelsOf, type RunEntry, shortCommit, startOf } from './entries.ts'
import type { Sides } from './view.ts'

/** How many entries a page shows: as many as are drawn at once. */
export const perPage = 100

/** A relative address; names may have any characters. */
const addressOf = (path: string, file = ''): string =>
  [...path.split('/'), ...file.split('/')].filter(Boolean).map(encodeURIComponent).join('/') +
  (file === '' ? '/' : '')

/** Rows of the table of results, one an entry. */
export const rowsOf = (entries: readonly Entry[], sides: Sides): Markup => {
  const picked = { a: new Set(sides.a), b: new Set(sides.b) }
  return tag`${entries.map((entry) => row(entry, picked))}`
}

type Picked = Readonly<Record<'a' | 'b', ReadonlySet<string>>>

function row(entry: Entry, picked: Picked): Markup {
  const name = nameOf(entry)
  switch (entry.kind) {
    case 'run': {
      const { total, verdict } = entry.figures
      const spoilt = verdict.kind === 'invalid'
      const value = (words: string) => (spoilt ? tag`<s>${words}</s>` : words)
      return tag`<tr>
<td class="pick">${pick('a', entry, picked)}${pick('b', entry, picked)}</td>
<th scope="row">${about(entry, name, loadOf(entry))}</th>
<td class="${verdictTones[verdict.kind]}">${verdict.kind}</td>
<td>${value(orDash(total.rate))}</td>
<td>${value(orDash(total.p95Ms))}</td>
<td class="wide">${value(orDash(total.errors, percent))}</td>
<td class="wide">${spoilt ? null : sparkline(entry.figures)}</td>
</tr>
`
    }
    case 'series':
      return tag`<tr class="series">
<td class="pick">${
        entry.runs === 0
          ? null
          : tag`<button type="button" data-series="${entry.path}" aria-label="Show ${quantity(entry.runs, 'run')} of ${name}">${quantity(entry.runs, 'run')}</button>`
      }</td>
<th scope="row">${about(entry, name, entry.words ?? '')}</th>
<td colspan="5">${entry.of}</td>
</tr>
`
    case 'broken':
      return tag`<tr>
<td class="pick"></td>
<th scope="row">${about(entry, name, entry.reason)}</th>
<td class="doubt" colspan="5">broken</td>
</tr>
`
  }
}

/** A night by its date, anything else by its start and what was run. */
export function nameOf(entry: Entry): string {
  const start = startOf(entry)
  const what =
    entry.kind === 'run'
      ? (entry.figures.run?.scenario ?? entry.path)
      : entry.kind === 'series'
        ? entry.of === 'nightly'
          ? 'night'
          : entry.of
        : (entry.path.split('/').at(-1) ?? '')
  return entry.kind === 'series' && entry.of === 'nightly' && start
    ? `Night of ${start.slice(0, 16)}`
    : [start, what].filter(Boolean).join(' · ')
}

const loadOf = ({ figures: { run } }: RunEntry): string =>
  run ? [sizesWords(run.load.stages), run.load.request].join(', ') : ''

const pick = (side: 'a' | 'b', { path }: RunEntry, picked: Picked): Markup =>
  tag`<label><input type="checkbox" data-side="${side}" value="${path}"${picked[side].has(path) ? { markup: ' checked' } : null}>${side.toUpperCase()}<span class="unseen"> ${path}</span></label>`

const files: Readonly<Record<string, string>> = {
  'report/index.html': 'report',
  'history/index.html': 'history',
  'k6.log': 'k6.log',
  'run.json': 'run.json',
}

function about(entry: Entry, name: string, words: string): Markup {
  const { path, series } = entry
  const [main, ...others] = entry.files
  const facts =
    entry.kind === 'run'
      ? [
          words,
          ...labelsOf(entry),
          ...[entry.figures.run?.commit].flatMap((commit) => (commit ? `commit ${shortCommit(commit)}` : [])),
          ...entry.figures.verdict.reasons.slice(0, 1),
        ]
      : [words]
  return tag`<a href="${addressOf(path, main ?? '')}">${name}</a>${
    series === null ? null : tag` <button type="button" data-series="${series}">series</button>`
  }${others.map((file) => tag` <a class="file" href="${addressOf(path, file)}" aria-label="${files[file] ?? file} of ${name}">${files[file] ?? file}</a>`)}<small>${facts.filter(Boolean).join(' · ')}</small>`
}
