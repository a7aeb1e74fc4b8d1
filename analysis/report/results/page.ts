import { pageHead } from '../printers/head.ts'
import { type Markup, tag } from '../printers/markup.ts'
import type { Results } from './entries.ts'
import { style } from './style.ts'
import { perPage, rowsOf } from './table.ts'
import { type Choice, kinds, optionsOf, type Sort, shown, viewOf } from './view.ts'

/**
 * The page of all results: it loads nothing, and its only script, whose bundled text is given, is allowed by its hash.
 * Without scripts it shows the newest entries.
 */
export function resultsPage({ entries, commands }: Results, script: string): string {
  const newest = shown(entries, viewOf('')).slice(0, perPage)
  const options = optionsOf(entries)
  return tag`<!doctype html>
<html lang="en">
${pageHead('Results', { style, script })}
<body>
<main>
<h1>Results</h1>
<noscript><p>Search, filters and comparing need JavaScript; these are the newest entries.</p></noscript>
<form id="filters" role="search" hidden>
<label class="text">search <input type="search" name="q" autocomplete="off" spellcheck="false"></label>
<label>show <select name="kind"><option value="">everything</option>${Object.entries(kinds).map(([kind, words]) => tag`<option value="${kind}">${words}</option>`)}</select></label>
${Object.entries(options).map(([name, values]) => select(name as Choice, values))}
<label class="check"><input type="checkbox" name="valid"> only valid</label>
<button type="button" id="reset">no filter</button>
</form>
<p id="found" role="status">${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}</p>
<section id="sides" hidden aria-labelledby="sides-title"><h2 id="sides-title" tabindex="-1">Side by side</h2><div id="sides-content"></div></section>
<table id="results">
<thead><tr><th scope="col" class="pick">pick</th>${head('started', 'run')}${head('verdict', 'verdict')}${head('rate', 'req/s')}${head('p95', 'p95 ms')}${head('errors', 'errors', 'wide')}<th scope="col" class="wide">latency</th></tr></thead>
<tbody>${rowsOf(newest, { a: [], b: [] })}</tbody>
</table>
<nav id="pages" aria-label="Pages" hidden><button type="button" id="back">newer</button> <span id="place"></span> <button type="button" id="on">older</button></nav>
<footer>Times in milliseconds; “–” means that there is no trustworthy answer. The small curve is latency by percentile, from the fastest request to the slowest. A run without a report gets one with <code>${commands.report}</code></footer>
</main>
<div id="bar" role="region" aria-label="Picked runs" hidden><span id="picked" role="status"></span> <button type="button" id="all-a">A: all found</button> <button type="button" id="all-b">B: all found</button> <button type="button" id="compare">side by side</button> <button type="button" id="swap">swap</button> <button type="button" id="none">none</button></div>
<script type="application/json" id="data">${{ markup: inert(JSON.stringify({ entries, commands })) }}</script>
<script>${{ markup: script }}</script>
</body>
</html>
`.markup
}

/** JSON that an HTML parser cannot take for the end of a script. */
const inert = (json: string): string => json.replaceAll('<', '\\u003c')

const select = (name: Choice, values: readonly string[]): Markup | null =>
  values.length === 0
    ? null
    : tag`<label>${name} <select name="${name}"><option value="">any</option>${values.map((value) => tag`<option>${value}</option>`)}</select></label>
`

const head = (sort: Sort, words: string, hue?: string): Markup =>
  tag`<th scope="col"${hue ? tag` class="${hue}"` : null}${sort === 'started' ? { markup: ' aria-sort="descending"' } : null}><button type="button" data-sort="${sort}">${words}</button></th>`
