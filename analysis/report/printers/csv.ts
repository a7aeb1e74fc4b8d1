import type { Report } from '../blocks.ts'

/** A line for each run, for spreadsheets and data frames (RFC 4180); null for a report without runs. */
export const csv = ({ records }: Report): string | null => (records.length === 0 ? null : csvOf(records))

export const csvOf = (records: Report['records']): string =>
  `${records.map((record) => record.map(field).join(',')).join('\r\n')}\r\n`

// A spreadsheet would evaluate a name that begins like a formula.
function field(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
