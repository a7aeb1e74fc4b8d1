import { type PlotOptions, plot } from '@observablehq/plot'
import { DOMImplementation, type Element, XMLSerializer } from '@xmldom/xmldom'
import type { Plot, Readings } from '../blocks.ts'
import { escaped } from '../printers/markup.ts'
import { compact } from './compact.ts'
import { type KeyEntry, keyLines } from './key.ts'
import { framed, type Reading, readingsOf } from './readings.ts'
import { wrapped } from './text-width.ts'

/** The key is drawn above the panel. */
export type Panel = PlotOptions & {
  readonly height: number
  readonly key?: readonly KeyEntry[]
  readonly reading?: Reading | undefined
}

/** The widths of a plot in pixels: on a page, and on a phone. */
const widths = { wide: 760, narrow: 360 } as const

export const isNarrow = (width: number): boolean => width <= widths.narrow

const vertical = { marginTop: 28, marginBottom: 38 }
const wideMargins = { marginLeft: 64, marginRight: 96, ...vertical }
const narrowMargins = { marginLeft: 54, marginRight: 64, ...vertical }

/** Around the frame, unless a panel says otherwise. */
export const marginsOf = (width: number) => (isNarrow(width) ? narrowMargins : wideMargins)

/** A panel's height without its margins. */
export const drawnHeight = (height: number): number => height - vertical.marginTop - vertical.marginBottom

// Only the ink and the paper differ between light and dark; programs that ignore media queries draw light.
const style = `.las{color:#1f2328;background:#fff;max-width:100%;height:auto}
@media(prefers-color-scheme:dark){.las{color:#e6edf3;background:#0d1117}}`

type About = {
  readonly name: string
  readonly title: string
  /** What it shows, in a sentence: drawn above the title. */
  readonly finding?: string | undefined
  /** A sentence or two for people who cannot see it. */
  readonly description: string
  /** What the colours mean in all panels. */
  readonly key?: readonly KeyEntry[]
}

/**
 * Panels below each other in one standalone SVG, and the same for a phone; the same input gives the same bytes.
 * Panels that depend on the width are a function of it.
 */
export function plotOf(about: About, panels: readonly Panel[] | ((width: number) => readonly Panel[])): Plot {
  const { name, title } = about
  const finding = about.finding || undefined
  const of = (width: number) =>
    drawn({ ...about, finding }, typeof panels === 'function' ? panels(width) : panels, width)
  const wide = of(widths.wide)
  return {
    kind: 'plot',
    name,
    title,
    ...(finding && { finding }),
    svg: wide.svg,
    narrow: of(widths.narrow).svg,
    ...(wide.values.length > 0 && { values: wide.values }),
  }
}

function drawn(
  { name, title, finding, description, key = [] }: About,
  panels: readonly Panel[],
  width: number,
) {
  // Both widths may be part of one page, where an id must be unique.
  const id = isNarrow(width) ? `${name}-narrow` : name
  const head = [
    ...wrapped(finding ?? title, width - 6, 15, true).map((words) => ({ words, size: 15, step: 20 })),
    ...(finding === undefined
      ? []
      : wrapped(title, width - 6).map((words) => ({ words, size: 12, step: 18 }))),
  ]
  let top = 1
  const parts = head.map(({ words, size, step }) => {
    top += step
    const weight = size > 12 ? ` font-size="${size}" font-weight="600"` : ''
    return `<text x="3" y="${top}" fill="currentColor"${weight}>${escaped(words)}</text>`
  })
  top += 9
  const explained = (entries: readonly KeyEntry[]) => {
    const { height, markup } = keyLines(entries, width, top)
    if (height > 0) parts.push(markup)
    top += height
  }
  explained(key)
  const values: Readings[] = []
  for (const [index, { key = [], ...panel }] of panels.entries()) {
    explained(key)
    const { svg, readings } = figure(panel, { id: `${id}-${index}`, top, width })
    parts.push(svg)
    if (readings) values.push(readings)
    top += panel.height
  }
  const said =
    finding === undefined || description.includes(finding)
      ? description
      : `${finding.replace(/[.!?]?$/, '.')} ${description}`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" class="las" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" role="img" aria-labelledby="${id}-title ${id}-description" color="#1f2328" font-family="system-ui, sans-serif" font-size="12">
<title id="${id}-title">${escaped(title)}</title>
<desc id="${id}-description">${escaped(said)}</desc>
<style>${style}</style>
${parts.join('\n')}
</svg>
`
  return { svg, values }
}

function figure(
  { reading, ...panel }: Panel,
  { id, top, width }: { id: string; top: number; width: number },
) {
  const document = new DOMImplementation().createDocument('http://www.w3.org/1999/xhtml', 'html')
  const drawn = plot({
    document: document as never,
    width,
    ...marginsOf(width),
    // Plot picks a random class name otherwise.
    className: `las-${id}`,
    ...panel,
  }) as unknown as Element
  drawn.setAttribute('y', String(top))
  // Plot draws 10 px, and what its option `style` sets is no attribute.
  drawn.setAttribute('font-size', '12')
  drawn.setAttribute('font-family', 'inherit')
  for (const rules of [...drawn.getElementsByTagName('style')]) rules.parentNode?.removeChild(rules)
  const readings = reading && readingsOf(reading, drawn)
  if (readings) framed(drawn, readings)
  // A child of role=img needs no name, and axe rejects Plot's.
  for (const group of drawn.getElementsByTagName('g')) group.removeAttribute('aria-label')
  const svg = new XMLSerializer().serializeToString(drawn)
  // Plot counts its clips in the whole process.
  const clips = [...new Set(svg.match(/plot-clip-\d+/g))]
  const named = clips.reduce(
    (text, clip, index) => text.replaceAll(new RegExp(`${clip}\\b`, 'g'), `${id}-clip-${index}`),
    svg,
  )
  return { svg: compact(named), readings }
}
