import type { Statistics } from '../runs/statistics.ts'
import { groupsOf } from './runs.ts'

const figures = [
  'requests',
  'failed',
  'errors',
  'rate',
  'samples',
  'meanMs',
  'minMs',
  'p50Ms',
  'p90Ms',
  'p95Ms',
  'p99Ms',
  'p999Ms',
  'maxMs',
] as const

/** A line a run, for spreadsheets and data frames (RFC 4180); empty where there is no answer. */
export function runsCsv(statistics: Statistics): string {
  const groups = groupsOf(statistics)
  const rows = statistics.runs.map((each) => {
    const { name, run, verdict, total } = each
    const group = groups.find(({ runs }) => runs.includes(each))
    return [
      name,
      statistics.comparison ? (group?.label ?? '') : '',
      run?.scenario ?? '',
      run?.target.replicas ?? '',
      run?.commit ?? '',
      run?.startedAt ?? '',
      verdict.kind,
      ...figures.map((figure) => total[figure] ?? ''),
    ]
  })
  const head = ['run', 'side', 'scenario', 'replicas', 'commit', 'startedAt', 'verdict', ...figures]
  return `${[head, ...rows].map((cells) => cells.map(cell).join(',')).join('\r\n')}\r\n`
}

// A name that begins like a formula would be run as one by a spreadsheet.
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
