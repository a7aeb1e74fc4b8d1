/** For text and attribute values of HTML and SVG. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** Markup that is not to be escaped again. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Part = Markup | string | number | null | undefined | readonly Part[]

/** A template whose values are escaped unless they are markup themselves; lists are joined, null leaves nothing. */
export const html = (strings: TemplateStringsArray, ...values: readonly Part[]): Markup =>
  new Markup(
    strings.map((string, index) => string + (index < values.length ? render(values[index]) : '')).join(''),
  )

function render(part: Part): string {
  if (part === null || part === undefined) return ''
  if (part instanceof Markup) return part.text
  return Array.isArray(part) ? part.map(render).join('') : escaped(String(part))
}
