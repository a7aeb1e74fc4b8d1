import {
  type Block,
  type Cell,
  cellText,
  type Finding,
  fewDetails,
  type Plot,
  type Report,
  type Table,
} from '../blocks.ts'
import { pageHead } from './head.ts'
import { type Markup, tag } from './markup.ts'
import { script, style } from './page.ts'

/** The report as one HTML page that loads nothing. */
export function html({ title, subtitle, blocks, foot }: Report): string {
  const shown = fewDetails(blocks)
  const place: Place = { detailed: shown.length === blocks.length }
  const content = tag`${shown.map((block) => part(block, place))}`
  const pictures = new Set(
    [...content.markup.matchAll(/<style>([^<]*)<\/style>/g)].map(([, rules]) => rules ?? ''),
  )
  const { markup } = tag`<!doctype html>
<html lang="en">
${pageHead(subtitle ?? title, { style, more: pictures, script })}
<body>
<main>
<h1>${title}${subtitle === undefined ? null : tag` <small>${subtitle}</small>`}</h1>
${content}
</main>
<footer>${foot}</footer>
<script>${{ markup: script }}</script>
</body>
</html>
`
  return markup
}

/** Whether the page has details to link to, and the title of the details that a block is part of. */
type Place = { readonly detailed: boolean; readonly of?: string }

type Details = Extract<Block, { kind: 'details' }>

function part(block: Block, place: Place): Markup {
  const { invalid, ...valid } = block
  if (invalid !== undefined)
    return tag`<div class="invalid"><p>Not to be used: ${invalid}</p>\n${part(valid, place)}</div>\n`
  if (block.kind === 'details') return details(block, place)
  const name = nameOf(block)
  const content = contentOf(block, place)
  if (block.folded)
    return tag`<details class="fold"><summary>${heading(name ?? 'More', place)}</summary>
<section>${content}</section></details>\n`
  return name === undefined || block.kind === 'plot'
    ? content
    : tag`<section>${heading(name, place)}${content}</section>\n`
}

const nameOf = (block: Exclude<Block, Details>): string | undefined =>
  'name' in block ? (block.kind === 'plot' ? block.title : block.name) : undefined

function contentOf(block: Exclude<Block, Details>, place: Place): Markup {
  switch (block.kind) {
    case 'finding':
      return finding(block)
    case 'tiles':
      return tag`<dl class="tiles">${block.tiles.map(([name, value, caveat]) => tag`<div><dt>${name}</dt><dd>${value}</dd>${caveat ? tag`<dd class="caveat">${caveat}</dd>` : null}</div>`)}</dl>\n`
    case 'list': {
      const [line = '', ...more] = block.lines
      return tag`${more.length === 0 && !block.name ? tag`<p>${line}</p>` : bullets(block.lines)}\n`
    }
    case 'table':
      return table(block, place)
    case 'plot':
      return figure(block)
    case 'choice':
      return tag`<div class="choice" data-name="${block.name}">${block.plots.map(figure)}</div>\n`
  }
}

/** A run of several: closed, with what to know of it beside its name. */
function details({ id, title, gist, colour, blocks }: Details, place: Place): Markup {
  const tones = blocks.flatMap((block) => (block.kind === 'finding' ? block.tone : []))
  const tone = tones.find((each) => each !== 'neutral')
  return tag`<details class="run" id="${id}"><summary><h2>${key(colour)}${title}</h2>${gist ? tag`<span class="gist ${tone ?? 'neutral'}">${gist}</span>` : null}</summary>
<div>${blocks.map((each) => part(each, { ...place, of: title }))}</div></details>\n`
}

const figure = ({ svg, narrow, values }: Plot): Markup =>
  tag`<figure${classed(narrow !== undefined && 'two')}>${{ markup: svg }}${narrow === undefined ? null : { markup: second(narrow) }}${values ? tag`<script type="application/json">${data(values)}</script>` : null}</figure>\n`

/** The same picture again with ids of its own. */
const second = (svg: string): string =>
  svg.replace(/ (id|aria-labelledby|aria-describedby)="([^"]*)"|url\(#([\w-]+)\)/g, (_, name, ids, url) =>
    name ? ` ${name}="${ids.replace(/[^ ]+/g, '$&-narrow')}"` : `url(#${url}-narrow)`,
  )

/** JSON that ends no script. */
const data = (value: unknown): Markup => ({ markup: JSON.stringify(value).replaceAll('<', '\\u003c') })

const heading = (text: string, { of }: Place): Markup =>
  of === undefined ? tag`<h2>${text}</h2>\n` : tag`<h3>${text}</h3>\n`

const bullets = (lines: readonly string[]): Markup =>
  tag`<ul>${lines.map((line) => tag`<li>${line}</li>`)}</ul>`

const finding = ({ text, tone, reasons = [] }: Finding): Markup =>
  tag`<div class="finding ${tone}"><p>${text}</p>${reasons.length > 0 ? bullets(reasons) : null}</div>\n`

// Wide tables scroll separately; the keyboard must reach what scrolls, and a landmark's name must be unique.
function table({ name, note, heads, rows, emphasised }: Table, place: Place): Markup {
  const facts = heads.every((head) => head === '')
  return tag`${note ? tag`<p>${note}</p>` : null}<div class="scroll" tabindex="0" role="region" aria-label="${place.of === undefined ? name : `${name}, ${place.of}`}"><table${classed(facts && 'facts')}>${
    facts
      ? null
      : tag`<thead><tr>${heads.map((head, column) => (head === '' ? tag`<td></td>` : tag`<th scope="col"${classed(column > 0 && rows.some((row) => isLong(row[column])) && 'words')}>${head}</th>`))}</tr></thead>`
  }
<tbody>${rows.map(
    ([first, ...cells], index) =>
      tag`<tr${classed(index === emphasised && 'total')}><th scope="row"${classed(isLong(first) && 'words')}>${content(first ?? '', place)}</th>${cells.map((cell) => tag`<td${classed(classOf(cell))}>${content(cell, place)}</td>`)}</tr>
`,
  )}</tbody></table></div>\n`
}

const classed = (name: string | false | undefined): Markup | null => (name ? tag` class="${name}"` : null)

function content(cell: Cell, { detailed }: Place): Markup {
  if (typeof cell === 'string') return tag`${cell}`
  const { text, colour, link } = cell
  const href = link?.includes('/') ? link : detailed && link !== undefined ? `#${link}` : null
  return tag`${colour === undefined ? null : key(colour)}${href === null ? text : tag`<a href="${href}">${text}</a>`}`
}

// A fill is an attribute: the page's policy forbids style attributes.
const key = (colour: string): Markup =>
  tag`<svg class="key" viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" fill="${colour}"/></svg>`

// A longer one is words, which are set in lines.
const isLong = (cell: Cell = ''): boolean => cellText(cell).length > 44

const classOf = (cell: Cell): string =>
  [...(typeof cell === 'string' ? [] : [cell.tone, cell.crossed && 'crossed']), isLong(cell) && 'words']
    .filter(Boolean)
    .join(' ')
