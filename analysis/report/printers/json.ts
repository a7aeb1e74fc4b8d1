import type { Report } from '../blocks.ts'

/**
 * `statistics.json`, as `JSON.stringify(figures, null, 2)` gives it, in parts: of ten thousand runs it has 37 MB, and a
 * single string would take several times as much.
 */
export function* json({ figures }: Report): Generator<string> {
  let before = '{'
  for (const [key, value] of Object.entries(figures as object)) {
    // As in JSON.stringify.
    if (value === undefined) continue
    yield `${before}\n  ${JSON.stringify(key)}: `
    if (Array.isArray(value) && value.length > atOnce) yield* items(value)
    else yield indented(value, '  ')
    before = ','
  }
  yield '\n}\n'
}

const atOnce = 100

function* items(values: readonly unknown[]): Generator<string> {
  for (let from = 0; from < values.length; from += atOnce) {
    const these = values.slice(from, from + atOnce).map((value) => `\n    ${indented(value, '    ')}`)
    yield `${from === 0 ? '[' : ','}${these.join(',')}`
  }
  yield '\n  ]'
}

// Line breaks inside of strings are escaped, so each of these ends a line of JSON.
const indented = (value: unknown, by: string): string =>
  JSON.stringify(value, null, 2).replaceAll('\n', `\n${by}`)
