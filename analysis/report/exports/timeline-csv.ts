import type { Period, Timeline } from '../../formats/timeline.ts'
import { csvOf } from '../printers/csv.ts'

/** A row for each period of each run; a value that is unknown is empty. */
export function* timelineCsv(
  runs: readonly { readonly name: string; readonly timeline: Timeline }[],
): Generator<readonly [string, string]> {
  const rows = runs.flatMap(({ name, timeline }) =>
    timeline.periods.map((period): Row => ({ run: name, startedAt: timeline.startedAt, ...flat(period) })),
  )
  const heads = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  if (rows.length > 0)
    yield ['timeline.csv', csvOf([heads, ...rows.map((row) => heads.map((head) => row[head] ?? ''))])]
}

type Row = Record<string, string | number>

/** `durationMs.p95` of nested values; the counts of buckets are left out. */
function flat({ counts: _, ...period }: Period): Row {
  const row: Row = {}
  for (const [name, value] of Object.entries(period))
    if (typeof value === 'number') row[name] = value
    else
      for (const [part, inner] of Object.entries(value ?? {}))
        if (typeof inner === 'number') row[`${name}.${part}`] = inner
  return row
}
