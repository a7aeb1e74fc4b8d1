import type { RunStatistics } from '../analysis/run/statistics.ts'
import { compare } from '../analysis/runs/compare.ts'
import { isTagged } from '../analysis/runs/figures-compared.ts'
import { many, normal, rate, rounds, row, settings, sides, template } from './noises.ts'

/** How much each request name varies beside its run. */
const own = 0.02

/**
 * The runs with p95 of so many request names, which vary with their run and each by itself, in one of them slower. A name
 * with few requests varies more: from once to three times as much.
 */
function withNames(
  runs: readonly RunStatistics[],
  count: number,
  slower: { readonly by: number; readonly name?: number } = { by: 1 },
): RunStatistics[] {
  return runs.map((run) => {
    const ofRun = (run.total.p95Ms ?? 1) / (template.total.p95Ms ?? 1)
    const rows = Array.from({ length: count }, (_, index) => {
      const deviation = own * (1 + (2 * index) / Math.max(1, count - 1))
      const factor = ofRun * Math.exp(deviation * normal()) * (index === slower.name ? slower.by : 1)
      return { ...template.total, p95Ms: 100 * factor, tags: { name: `name ${index}` } }
    })
    return { ...run, measures: { ...run.measures, tagged: [{ by: ['name'], rows }] } }
  })
}

/** How often anything is called worse where nothing differs, with request names and without; and how often one name is found. */
export function names(): void {
  const [count, few] = [Math.ceil(rounds / 10), Math.ceil(rounds / 50)]
  const head = ['same: worse', 'its own figures', 'one ×1.1: named', '×1.25: named', '×2: named']
  console.log(
    `\nComparisons with the p95 of request names too, ${count} of equal sides and ${few} with one name slower, in turns`,
  )
  row('', head)
  for (const [name, noise] of settings())
    for (const runs of [5, 10])
      for (const number of [5, 10, 20]) {
        const judged = (by: number, times: number) =>
          many(() => {
            const [a, b] = sides(noise, runs, { by: 1 })
            const [group] = compare(
              withNames(a, number),
              withNames(b, number, { by, name: number - 1 }),
            ).groups
            const worse = group?.metrics.filter(({ judgement }) => judgement === 'worse') ?? []
            return {
              any: worse.length > 0,
              ofRun: worse.some((each) => !isTagged(each)),
              found: worse.some(({ metric }) => metric === `p95{name:name ${number - 1}}`),
            }
          }, times)
        const share = (all: ReturnType<typeof judged>, which: keyof (typeof all)[number]) =>
          rate(all.filter((each) => each[which]).length / all.length, all.length)
        const same = judged(1, count)
        row(`${name}, ${runs} a side, ${number} names`, [
          share(same, 'any'),
          share(same, 'ofRun'),
          ...[1.1, 1.25, 2].map((by) => share(judged(by, few), 'found')),
        ])
      }
}
