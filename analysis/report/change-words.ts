import type { Night } from '../formats/night.ts'
import { change, number, percent, quantity } from '../formats/words.ts'
import type { Change } from '../runs/changes.ts'
import type { ComparedGroup } from '../runs/compare.ts'
import type { Series } from '../runs/history.ts'
import type { Compared } from '../runs/judgement.ts'
import { levelsWords } from './factor-levels.ts'

/** `constant, 4 replicas, cpu 200m` */
export const groupName = ({ scenario, replicas, factors = {} }: ComparedGroup): string =>
  [scenario, replicas ? quantity(replicas, 'replica') : '', levelsWords(factors)].filter(Boolean).join(', ')

/** Of candidate against baseline: `+4.2 %`, or `+0.12 points` of a share. */
export const changeWords = ({ scale, change: by }: Pick<Compared, 'scale' | 'change'>): string =>
  scale === 'ratio' ? change(by - 1) : points(by)

/** `+1.90 points` of a share that changed by that. */
const points = (by: number): string => `${by > 0 ? '+' : by < 0 ? '' : '±'}${number(100 * by)} points`

/** Orders figures by how much they changed for the worse, as far as they can be compared. */
export function worstFirst(a: Compared, b: Compared): number {
  const worse = ({ scale, change, better }: Compared) =>
    (scale === 'ratio' ? Math.log(change) : change) * (better === 'lower' ? 1 : -1)
  const judged = ({ judgement }: Compared) => Number(judgement === 'worse')
  return judged(b) - judged(a) || worse(b) - worse(a)
}

/** Of a change between nights: `+10 %`; of a share `+1.90 points`; else in the figure's own unit. */
export function byWords({ by, scale }: Change): string {
  if (scale === 'ratio') return change(by - 1)
  return scale === 'points' ? points(by) : `${by > 0 ? '+' : ''}${number(by)}`
}

/** `12.3 ms` */
export const figureWords = ({ unit }: Pick<Series, 'unit'>, value: number): string =>
  unit === 'share' ? percent(value) : `${number(value)} ${unit}`.trim()

/** `2026-01-31 04:00` */
export const dayOf = ({ startedAt }: Night): string => startedAt.slice(0, 16).replace('T', ' ')
