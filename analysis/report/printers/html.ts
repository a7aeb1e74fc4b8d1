import {
  type Block,
  type Cell,
  type Finding,
  fewDetails,
  type Plot,
  type Report,
  type Table,
} from '../blocks.ts'
import { type Markup, tag } from './markup.ts'

/** The report as one HTML page that loads nothing. */
export function html({ title, subtitle, blocks, foot }: Report): string {
  const shown = fewDetails(blocks)
  const detailed = shown.length === blocks.length
  const { markup } = tag`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${subtitle ?? title} · load-and-stress</title>
<style>${{ markup: style }}</style>
</head>
<body>
<main>
<h1>${title}${subtitle === undefined ? null : tag` <small>${subtitle}</small>`}</h1>
${shown.map((block) => part(block, { detailed }))}
</main>
<footer>${foot}</footer>
</body>
</html>
`
  return markup
}

/** Whether the page has details to link to, and the title of the details that a block is part of. */
type Place = { readonly detailed: boolean; readonly of?: string }

function part(block: Block, place: Place): Markup {
  const { invalid, ...valid } = block
  if (invalid !== undefined)
    return tag`<div class="invalid"><p>Not to be used: ${invalid}</p>\n${part(valid, place)}</div>\n`
  switch (block.kind) {
    case 'finding':
      return finding(block)
    case 'tiles':
      return tag`<dl class="tiles">${block.tiles.map(([name, value, caveat]) => tag`<div><dt>${name}</dt><dd>${value}</dd>${caveat ? tag`<dd class="caveat">${caveat}</dd>` : null}</div>`)}</dl>\n`
    case 'list':
      return tag`${block.name ? heading(block.name, place) : null}${
        block.lines.length === 1 && !block.name ? tag`<p>${block.lines[0] ?? ''}</p>` : bullets(block.lines)
      }\n`
    case 'table':
      return table(block, place)
    case 'plot':
      return figure(block)
    case 'choice':
      return tag`${heading(block.name, place)}${block.plots.map(figure)}`
    case 'details':
      return tag`<article><h2 id="${block.id}">${key(block.colour)}${block.title}</h2>
${block.blocks.map((each) => part(each, { ...place, of: block.title }))}</article>\n`
  }
}

const figure = ({ svg }: Plot): Markup => tag`<figure>${{ markup: svg }}</figure>\n`

const heading = (text: string, { of }: Place): Markup =>
  of === undefined ? tag`<h2>${text}</h2>\n` : tag`<h3>${text}</h3>\n`

const bullets = (lines: readonly string[]): Markup =>
  tag`<ul>${lines.map((line) => tag`<li>${line}</li>`)}</ul>`

const finding = ({ text, tone, reasons = [] }: Finding): Markup =>
  tag`<div class="finding ${tone}"><p>${text}</p>${reasons.length > 0 ? bullets(reasons) : null}</div>\n`

// Wide tables scroll separately; the keyboard must reach what scrolls, and a landmark's name must be unique.
function table({ name, note, heads, rows, emphasised }: Table, place: Place): Markup {
  const facts = heads.every((head) => head === '')
  return tag`${heading(name, place)}${note ? tag`<p>${note}</p>` : null}<div class="scroll" tabindex="0" role="region" aria-label="${place.of === undefined ? name : `${name}, ${place.of}`}"><table${classed(facts && 'facts')}>${
    facts
      ? null
      : tag`<thead><tr>${heads.map((head) => (head === '' ? tag`<td></td>` : tag`<th scope="col">${head}</th>`))}</tr></thead>`
  }
<tbody>${rows.map(
    ([first, ...cells], index) =>
      tag`<tr${classed(index === emphasised && 'total')}><th scope="row">${content(first ?? '', place)}</th>${cells.map((cell) => tag`<td${classed(typeof cell !== 'string' && cell.tone)}>${content(cell, place)}</td>`)}</tr>
`,
  )}</tbody></table></div>\n`
}

const classed = (name: string | false | undefined): Markup | null => (name ? tag` class="${name}"` : null)

function content(cell: Cell, { detailed }: Place): Markup {
  if (typeof cell === 'string') return tag`${cell}`
  const { text, colour, link } = cell
  return tag`${colour === undefined ? null : key(colour)}${link !== undefined && detailed ? tag`<a href="#${link}">${text}</a>` : text}`
}

const key = (colour: string): Markup => tag`<span class="key" style="background:${colour}"></span>`

const style = `
:root{color-scheme:light dark;--ink:#1f2328;--paper:#fff;--soft:#57606a;--line:#d0d7de;--good:#1a7f37;--bad:#b42318;--doubt:#8a5a00;--link:#0a58b5}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--soft:#9aa4af;--line:#30363d;--good:#4ac26b;--bad:#ff8078;--doubt:#e3b341;--link:#79b8ff}}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:64rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{margin:0 0 .75rem;font-size:1.7rem;line-height:1.25}h1 small{font-size:.9rem;font-weight:400;color:var(--soft);overflow-wrap:anywhere}
h2{margin:2.5rem 0 .6rem;font-size:1.2rem;overflow-wrap:anywhere}h3{margin:1.6rem 0 .5rem;font-size:1rem}
a{color:var(--link)}
.good{color:var(--good)}.bad{color:var(--bad)}.doubt{color:var(--doubt)}
.finding{margin:1.25rem 0;padding:.5rem 1rem;border-left:.3rem solid}
.finding p{margin:0;font-weight:600}.finding ul{margin:.3rem 0 0;color:var(--ink)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(7rem,1fr));gap:.75rem;margin:1.25rem 0}
.tiles div{display:flex;flex-direction:column-reverse;padding:.6rem .8rem;border:1px solid var(--line);border-radius:.5rem}
dt{font-size:.85rem;color:var(--soft)}.caveat{order:-1;font-size:.8rem;color:var(--doubt)}dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}
figure{margin:1.75rem 0}figure svg{display:block;width:100%}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .55rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{padding-left:0;text-align:left}tbody th{font-weight:400}.total>*{font-weight:600}
.facts th{color:var(--soft);vertical-align:top}.facts td{text-align:left;white-space:normal;overflow-wrap:anywhere}
.key{display:inline-block;width:.8em;height:.8em;margin-right:.4em;border-radius:.2em}
li{margin:.25rem 0;overflow-wrap:anywhere}
@media(max-width:40rem){tbody th{position:sticky;left:0;min-width:7rem;white-space:normal;overflow-wrap:anywhere;background:var(--paper)}}
.invalid>p:first-child{margin:1rem 0 0;color:var(--doubt)}.invalid dd:not(.caveat),.invalid td{color:var(--soft);text-decoration:line-through}.invalid figure{opacity:.45}
footer{margin:3rem auto 0;padding-top:1rem;border-top:1px solid var(--line);font-size:.85rem;color:var(--soft)}
`
