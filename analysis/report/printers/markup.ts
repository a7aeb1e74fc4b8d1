/** For text and attribute values of HTML, SVG and XML. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** Text that is markup already. */
export type Markup = { readonly markup: string }

type Part = Markup | string | number | null | readonly Part[]

/** A template that escapes its values unless they are markup; it joins lists and prints nothing for null. */
export const tag = (strings: TemplateStringsArray, ...values: readonly Part[]): Markup => ({
  markup: strings.map((string, index) => string + rendered(values[index] ?? null)).join(''),
})

function rendered(part: Part): string {
  if (part === null) return ''
  if (typeof part !== 'object') return escaped(String(part))
  return 'markup' in part ? part.markup : part.map(rendered).join('')
}
