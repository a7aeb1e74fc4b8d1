import { z } from 'zod'
import { Repeated, repeated } from '../numbers/repeated.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { type Declared, figuresOf } from './figures-compared.ts'

type Levels = Readonly<Record<string, string>>

export const Part = z.object({
  metric: z.string().describe('such as p95{name:/pay}'),
  unit: z.string(),
  levels: z.record(z.string(), z.string()).describe('of each factor the level, as written'),
  value: Repeated.nullable().describe('over the valid runs that have it; null where none has'),
})
/** A figure of a part of the load, such as a request name, at one combination of levels. */
export type Part = z.infer<typeof Part>

/**
 * The declared figures, or the p95 of each request name, at each combination of levels.
 * @param cells each combination, with the number or name of each factor, and its runs
 */
export function partsOf(
  cells: readonly { readonly levels: Levels; readonly runs: readonly RunStatistics[] }[],
  declared: Declared,
): Part[] {
  const valid = cells.map(({ levels, runs }) => ({
    levels,
    runs: runs.filter(({ verdict }) => verdict.kind !== 'invalid'),
  }))
  const all = valid.flatMap(({ runs }) => runs)
  return figuresOf(all, declared).flatMap(({ metric, unit, of }) =>
    valid.map(({ levels, runs }) => {
      const values = runs.flatMap((run) => of(run) ?? [])
      return { metric, unit, levels, value: values.length > 0 ? repeated(values) : null }
    }),
  )
}
