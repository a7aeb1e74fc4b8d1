/** The file that can be read instead of k6's points, text or archives. */
export const wanted = 'a summary is wanted: the file of --summary-export, or what handleSummary is given'

const signatures: readonly [what: string, bytes: readonly number[]][] = [
  ['a gzip archive; unpack it first', [0x1f, 0x8b]],
  ['a zip archive; unpack it first', [0x50, 0x4b, 0x03, 0x04]],
  // Before UTF-16, whose byte order mark begins like this one.
  ['text in UTF-32; save it as UTF-8', [0xff, 0xfe, 0, 0]],
  ['text in UTF-16, as Windows PowerShell writes it; save it as UTF-8', [0xff, 0xfe]],
  ['text in UTF-16, as Windows PowerShell writes it; save it as UTF-8', [0xfe, 0xff]],
]

/** k6's lines of figures, such as `http_reqs......: 40  9.9/s`, and the heading of its summary. */
export const terminal = /execution: local|█ (TOTAL RESULTS|THRESHOLDS)|^\s*(✓ |✗ )?[a-z_]+\.{3,}: /m

/** What a file is by its first bytes, where that is not text in UTF-8. */
export const signatureOf = (start: Uint8Array): string | null =>
  signatures.find(([, bytes]) => bytes.every((byte, at) => start[at] === byte))?.[0] ?? null

/**
 * What a file is that is no JSON summary, judging by its first bytes, and what to do; it completes the
 * sentence "<file>: …". Null for what may be a summary.
 */
export function recognise(start: Uint8Array): string | null {
  const signature = signatureOf(start)
  if (signature) return signature
  const text = new TextDecoder().decode(start).trimStart()
  // UTF-16 without its mark has a zero in every second byte.
  if (text.includes('\0')) return `neither JSON nor UTF-8 text; ${wanted}`
  if (/^\{\s*"(type|metric)"\s*:[^\n]*"(Metric|Point)"/.test(text))
    return `k6’s single measurements as JSON lines (--out json), not its summary; ${wanted}`
  if (/^metric_name,timestamp,/.test(text))
    return `k6’s single measurements as CSV (--out csv), not its summary; ${wanted}`
  if (/^<(!doctype html|html)\b/i.test(text)) return `an HTML page; ${wanted}`
  if (text.startsWith('<')) return `XML, not JSON; ${wanted}`
  if (!/^[{[]/.test(text) && terminal.test(text))
    return `what k6 prints in a terminal, not its JSON summary; ${wanted}`
  return null
}
