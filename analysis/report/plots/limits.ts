import { sloWords } from '../../formats/slo.ts'
import type { RunStatistics } from '../../run/statistics.ts'
import type { Limit } from './lines.ts'

/** The limits that all these runs have on figures of the whole run with such names. */
export function limitsOf(
  runs: readonly RunStatistics[],
  figures: RegExp,
): (Limit & { readonly figure: string })[] {
  const [first = [], ...others] = runs.flatMap(({ run }) => (run ? [run.slos] : []))
  return first.flatMap((slo) => {
    const words = sloWords(slo).replace(' requests/s', '/s')
    const shared = others.every((slos) => slos.some((each) => sloWords(each) === sloWords(slo)))
    return !slo.tags && figures.test(slo.figure) && shared
      ? [{ figure: slo.figure, words, value: slo.limit }]
      : []
  })
}
