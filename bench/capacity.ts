import { mean, shuffle } from 'simple-statistics'
import { percent } from '../analysis/formats/words.ts'
import { throughput } from '../analysis/numbers/scaling-law.ts'
import { scaling } from '../analysis/numbers/scaling-model.ts'
import type { RunStatistics } from '../analysis/run/statistics.ts'
import { byReplicas, recommendation } from '../analysis/runs/replicas.ts'
import { aRun } from '../test/samples.ts'
import { many, normal, random, rate, rounds, row, template } from './noises.ts'

export function laws(): void {
  const law = { gamma: 100, alpha: 0.05, beta: 0.002 }
  const count = Math.ceil(rounds / 20)
  console.log(`\nUniversal Scalability Law, 1, 2, 4, 8, 16 and 32 replicas, 3 % noise, ${count} sweeps`)
  row('', ['chosen', 'γ covered', 'α covered', 'β covered', 'peak covered'])
  for (const runs of [5, 10]) {
    const sweeps = many(() => {
      const observations = [1, 2, 4, 8, 16, 32].flatMap((replicas) =>
        many(() => ({ replicas, rate: throughput(law, replicas) * Math.exp(0.03 * normal()) }), runs),
      )
      return scaling(shuffle(observations, random), 400)
    }, count)
    const found = sweeps.filter((each) => each?.chosen === 'usl')
    const covered = (name: 'gamma' | 'alpha' | 'beta' | 'peak', truth: number) =>
      rate(
        mean(
          found.map((each) => {
            const bounds = each?.intervals?.[name]
            return Number(bounds && bounds.low <= truth && bounds.high >= truth)
          }),
        ),
        found.length,
      )
    row(`${runs} runs of each`, [
      percent(found.length / count),
      covered('gamma', law.gamma),
      covered('alpha', law.alpha),
      covered('beta', law.beta),
      covered('peak', Math.sqrt((1 - law.alpha) / law.beta)),
    ])
  }
  ceilings()
}

/** How often a ceiling or a peak is stated, of laws that have one, and of laws that have none. */
function ceilings(): void {
  const count = Math.ceil(rounds / 160)
  console.log(`\nCeilings and peaks stated, 5 runs of each, ${count} sweeps`)
  row('', ['Amdahl’s law best', 'ceiling', 'peak', 'laws alike'])
  const worlds = {
    'weak USL, 1 to 16, peak at 44': {
      replicas: [1, 2, 4, 8, 16],
      law: { gamma: 100, alpha: 0.05, beta: 0.0005 },
    },
    'Amdahl, α 0.1, 1 to 32': { replicas: [1, 2, 4, 8, 16, 32], law: { gamma: 100, alpha: 0.1, beta: 0 } },
  }
  for (const [name, { replicas, law }] of Object.entries(worlds))
    for (const noise of [0.01, 0.03, 0.05]) {
      const draw = (n: number) => ({ replicas: n, rate: throughput(law, n) * Math.exp(noise * normal()) })
      const found = many(
        () =>
          scaling(
            replicas.flatMap((n) => many(() => draw(n), 5)),
            100,
          ),
        count,
      )
      const of = (which: (each: NonNullable<(typeof found)[number]>) => boolean) =>
        `${found.filter((each) => each && which(each)).length} of ${count}`
      row(`${name}, ${percent(noise)} noise`, [
        of(({ chosen }) => chosen === 'amdahl'),
        of(({ ceiling }) => ceiling !== null),
        of(({ peak }) => peak !== null),
        of(({ alike }) => alike.length > 1),
      ])
    }
}

/** A valid run with that number of replicas that held its SLO at that rate. */
function holding(replicas: number, rate: number): RunStatistics {
  const [stage] = template.stages
  const stages = stage ? [{ ...stage, rate, holds: true }] : []
  const total = { ...template.total, rate }
  return { ...template, run: aRun({ target: { ...aRun().target, replicas } }), total, stages }
}

/** Whether a next run holds what is recommended as often as the recommendation says. */
export function recommendations(): void {
  const count = Math.ceil(rounds / 5)
  console.log(
    `\nRecommended replicas: how often a next run holds the rate, ${count} sweeps of 1, 2, 4 and 8 replicas`,
  )
  row('', ['stated', 'next run', 'another session', 'a rate wanted'])
  const slos = [{ figure: 'errors', limit: 0.01 }]
  const laws = {
    'growing throughput': { alpha: 0.05, beta: 0 },
    'throughput that stays flat': { alpha: 0.9, beta: 0 },
  }
  const worlds = { '3 %': () => Math.exp(0.03 * normal()), '10 %': () => Math.exp(0.1 * normal()) }
  for (const [law, shape] of Object.entries(laws))
    for (const [noise, factor] of Object.entries(worlds))
      for (const runs of [3, 5, 10]) {
        const perSecond = (replicas: number) => throughput({ gamma: 200, ...shape }, replicas) * factor()
        let stated = ''
        const next = (shift: number, wanted: number | null) => {
          const words = recommendation(
            byReplicas(
              [1, 2, 4, 8].flatMap((replicas) => many(() => holding(replicas, perSecond(replicas)), runs)),
            ),
            slos,
            null,
            wanted,
          )
          const found = /(\d+) replicas? holds? ([\d,.]+) .* in (about|at most) (\d+) %/.exec(words ?? '')
          if (!found) return null
          stated = `${found[3]} ${found[4]} %`
          const session = Math.exp(shift * normal())
          return perSecond(Number(found[1])) * session >= Number(found[2]?.replaceAll(',', ''))
        }
        const share = (make: () => boolean | null) => {
          const answers = many(make, count).filter((answer) => answer !== null)
          return rate(answers.filter(Boolean).length / answers.length, answers.length)
        }
        const observed = share(() => next(0, null))
        row(`${law}, ${noise} noise, ${runs} runs`, [
          stated,
          observed,
          share(() => next(0.03, null)),
          share(() => next(0, throughput({ gamma: 200, ...shape }, 8) * random())),
        ])
      }
}
