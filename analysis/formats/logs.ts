import { readFramed } from './framed.ts'
import { parseJson } from './json.ts'
import { terminal } from './recognise.ts'

/** What a script does so that its summary can be read from a log. */
const remedy =
  'let the script export handleSummary as framedSummary of load-and-stress/scenarios (docs/several-generators.md)'

/**
 * The summaries in logs of k6, such as those of `kubectl logs`, in their order: framed ones, and JSON that `handleSummary`
 * printed. A sentence of `problems` completes "<file>: …".
 */
export function summariesInLog(log: string): { summaries: string[]; problems: string[] } {
  const { files, damaged } = readFramed(log)
  const whole = files.filter(({ name }) => name === 'summary.json')
  const json = jsonIn(log)
  const found = [
    ...whole.map(({ content, at }) => ({ text: content.toString(), at })),
    ...json.flatMap(({ text, at }) => (text === null ? [] : [{ text, at }])),
  ].sort((a, b) => a.at - b.at)
  const broken = json.filter(({ text }) => text === null).map(({ at }) => log.slice(0, at).split('\n').length)
  const problems = [
    ...damaged,
    ...broken.map(
      (line) => `the JSON summary in line ${line} is cut short, or other lines are between; ${remedy}`,
    ),
  ]
  if (found.length + problems.length > 0) return { summaries: found.map(({ text }) => text), problems }
  const text = terminal.test(log)
    ? 'has the text that k6 prints at the end of a test, which cannot be merged'
    : 'has no summary of k6'
  return { summaries: [], problems: [`${text}; ${remedy}`] }
}

const summaryStart = /\{\s*"(?:root_group|metrics|options|state|setup_data)"\s*:/g

const mostBroken = 20

/** Every object that begins like a summary; `text` is null where it has no end, or is none. */
function jsonIn(log: string): { text: string | null; at: number }[] {
  const found: { text: string | null; at: number }[] = []
  let after = 0
  for (const { index } of log.matchAll(summaryStart)) {
    if (index < after) continue
    const end = endOfObject(log, index)
    const text = end === null ? null : log.slice(index, end)
    const json = text === null ? null : parseJson(text)
    const isSummary = json?.kind === 'ok' && typeof json.value === 'object' && 'metrics' in (json.value ?? {})
    // Whatever else begins like this, and is whole, is somebody else's.
    if (json?.kind !== 'ok' || isSummary) found.push({ text: isSummary ? text : null, at: index })
    // Behind a broken one may be whole ones. Each costs a search to the end, so there is a limit.
    after = json?.kind === 'ok' ? (end ?? index) : index + 1
    if (found.filter((each) => each.text === null).length === mostBroken) break
  }
  return found
}

/** Behind the brace that closes the object; null where none does. */
function endOfObject(text: string, start: number): number | null {
  let [depth, inString] = [0, false]
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (inString) {
      if (character === '\\') at++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{') depth++
    else if (character === '}' && --depth === 0) return at + 1
  }
  return null
}
