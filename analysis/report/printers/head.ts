import { createHash } from 'node:crypto'
import { type Markup, tag } from './markup.ts'

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/**
 * The head of a page, which may load nothing, and apply and run nothing but its own script and styles.
 * @param style of the page
 * @param more other styles in it, such as those of pictures
 */
export function pageHead(
  title: string,
  { style, more = [], script }: { style: string; more?: Iterable<string>; script: string },
): Markup {
  const policy = `default-src 'none'; img-src data:; style-src ${[style, ...more].map(hash).join(' ')}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`
  return tag`<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${{ markup: policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title} · load-and-stress</title>
<style>${{ markup: style }}</style>
</head>`
}
