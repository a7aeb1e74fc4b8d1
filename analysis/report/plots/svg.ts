import { type PlotOptions, plot } from '@observablehq/plot'
import { DOMImplementation, type Element, XMLSerializer } from '@xmldom/xmldom'
import type { Plot } from '../blocks.ts'
import { escaped } from '../printers/markup.ts'

// Contrast above 3 on white and on near-black, so that one file serves both.
const colours = [
  '#2f7ed8',
  '#d9730d',
  '#2e9e5b',
  '#c2418f',
  '#8064d6',
  '#0f9aa8',
  '#b58b00',
  '#d64545',
] as const

export const colour = (index: number): string => colours[index % colours.length] ?? colours[0]

export type Panel = PlotOptions & { readonly height: number }

const margins = { marginLeft: 64, marginRight: 96, marginTop: 28, marginBottom: 38 }

/** A panel's height without its margins. */
export const drawnHeight = (height: number): number => height - margins.marginTop - margins.marginBottom

const width = 760
const lineHeight = 18

// Only the ink and the paper differ between light and dark; programs that ignore media queries draw light.
const style = `.las{color:#1f2328;background:#fff;max-width:100%;height:auto}
@media(prefers-color-scheme:dark){.las{color:#e6edf3;background:#0d1117}}`

type About = {
  readonly name: string
  readonly title: string
  /** What it shows, in a sentence: drawn above the title. */
  readonly finding?: string
  /** A sentence or two for people who cannot see it. */
  readonly description: string
  /** Names of colours, one per line, where curves have no room for a label. */
  readonly key?: readonly { readonly label: string; readonly colour: string }[]
}

/**
 * Panels below each other in one standalone SVG; the same input gives the same bytes. Panels that depend on the width are
 * a function of it.
 */
export function plotOf(
  { name, title, finding, description, key = [] }: About,
  panels: readonly Panel[] | ((width: number) => readonly Panel[]),
): Plot {
  const document = new DOMImplementation().createDocument('http://www.w3.org/1999/xhtml', 'html')
  const headHeight = finding === undefined ? 34 : 34 + lineHeight
  let top = headHeight + key.length * lineHeight
  const shown = typeof panels === 'function' ? panels(width) : panels
  const drawn = shown.map((panel, index) => {
    const figure = plot({
      document: document as never,
      width,
      ...margins,
      // Plot picks a random class name otherwise.
      className: `las-${name}-${index}`,
      ...panel,
      style: 'background:none;color:currentColor;font-family:inherit;font-size:12px',
    }) as unknown as Element
    figure.setAttribute('y', String(top))
    for (const rules of [...figure.getElementsByTagName('style')]) rules.parentNode?.removeChild(rules)
    // A child of role=img needs no name, and axe rejects Plot's.
    for (const group of figure.getElementsByTagName('g')) group.removeAttribute('aria-label')
    top += panel.height
    return new XMLSerializer().serializeToString(figure)
  })
  const keyLines = key.map(
    ({ label, colour }, index) =>
      `<text x="3" y="${headHeight + 6 + index * lineHeight}" fill="${colour}">${escaped(label)}</text>`,
  )
  const ids = `${name}-title ${name}-description`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" class="las" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" role="img" aria-labelledby="${ids}" color="#1f2328" font-family="system-ui, sans-serif" font-size="12">
<title id="${name}-title">${escaped(title)}</title>
<desc id="${name}-description">${escaped(description)}</desc>
<style>${style}</style>
<text x="3" y="21" fill="currentColor" font-size="15" font-weight="600">${escaped(finding ?? title)}</text>${
    finding === undefined ? '' : `\n<text x="3" y="41" fill="currentColor">${escaped(title)}</text>`
  }
${[...keyLines, ...drawn].join('\n')}
</svg>
`
  return { kind: 'plot', name, title, ...(finding !== undefined && { finding }), svg }
}
