import { type ZodError, type ZodType, z } from 'zod'

export type JsonReading<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  /** `reason` completes the sentence "<file>: …". */
  | { readonly kind: 'unreadable'; readonly reason: string }

const unreadable = (reason: string) => ({ kind: 'unreadable', reason }) as const

export const numberOrNull = z.number().nullable()

/** The newest `schema` number of our file formats. */
const newest = 1

/** Parses any JSON; a UTF-8 byte order mark, which Windows editors write, is skipped. */
export function parseJson(text: string): JsonReading<unknown> {
  const json = text.replace(/^\uFEFF/, '')
  if (json.trim() === '') return unreadable('the file is empty; was the program that writes it killed?')
  try {
    return { kind: 'ok', value: JSON.parse(json) }
  } catch (error) {
    // V8 quotes the text around the mistake, which may be a password.
    const mistake = (error as Error).message.replace(/(, (\.\.\.)?".*)? is not valid JSON$/s, '')
    return unreadable(`not valid JSON (${mistake}); was the file cut short?`)
  }
}

/** Reads JSON that must match a schema. `what` is the thing it describes, with its article: "a run". */
export function readJson<Schema extends ZodType>(
  text: string,
  schema: Schema,
  what: string,
): JsonReading<z.infer<Schema>> {
  const json = parseJson(text)
  if (json.kind === 'unreadable') return json
  const version = (json.value as { schema?: unknown } | null)?.schema
  if (typeof version === 'number' && version > newest)
    return unreadable(`written by a newer load-and-stress (schema ${version}; this version reads ${newest})`)
  const parsed = schema.safeParse(json.value)
  return parsed.success
    ? { kind: 'ok', value: parsed.data }
    : unreadable(`not ${what} (${issueWords(parsed.error)})`)
}

/** The first thing that a schema rejects, and where: `stages → 0 → vus: expected number, but it is missing`. */
export const issueWords = ({ issues: [issue] }: ZodError): string => {
  const words = issue?.message
    .replace(/^Invalid input: /, '')
    .replace(', received undefined', ', but it is missing')
  return `${issue?.path.join(' → ') || 'top level'}: ${words}`
}
