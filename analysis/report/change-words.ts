import type { Night } from '../formats/night.ts'
import { number, percent, quantity } from '../formats/words.ts'
import type { Change } from '../runs/changes.ts'
import type { ComparedGroup } from '../runs/compare.ts'
import type { Series } from '../runs/history.ts'
import type { Compared } from '../runs/judgement.ts'

/** `constant, 4 replicas` */
export const groupName = ({ scenario, replicas }: ComparedGroup): string =>
  replicas ? `${scenario}, ${quantity(replicas, 'replica')}` : scenario

/** Of candidate against baseline: `+4.20 %`, or `+0.12 points` of a share. */
export function changeWords({ scale, change }: Pick<Compared, 'scale' | 'change'>): string {
  const share = scale === 'ratio' ? change - 1 : change
  const sign = share > 0 ? '+' : share < 0 ? '−' : '±'
  return `${sign}${number(Math.abs(100 * share))} ${scale === 'ratio' ? '%' : 'points'}`
}

/** Orders figures by how much they changed for the worse, as far as they can be compared. */
export function worstFirst(a: Compared, b: Compared): number {
  const worse = ({ scale, change, better }: Compared) =>
    (scale === 'ratio' ? Math.log(change) : change) * (better === 'lower' ? 1 : -1)
  const judged = ({ judgement }: Compared) => Number(judgement === 'worse')
  return judged(b) - judged(a) || worse(b) - worse(a)
}

/** Of a change between nights: `+10.2 %`; of a share `+1.90 points`; else in the figure's own unit. */
export function byWords({ by, scale }: Change): string {
  if (scale === 'ratio') return signed(by - 1)
  const size = number(Math.abs(scale === 'points' ? 100 * by : by))
  return `${by < 0 ? '−' : '+'}${size}${scale === 'points' ? ' points' : ''}`
}

/** `−4.20 %` */
export const signed = (share: number): string => `${share < 0 ? '−' : '+'}${percent(Math.abs(share))}`

/** `12.3 ms` */
export const figureWords = ({ unit }: Pick<Series, 'unit'>, value: number): string =>
  unit === 'share' ? percent(value) : `${number(value)} ${unit}`.trim()

/** `2026-01-31 04:00` */
export const dayOf = ({ startedAt }: Night): string => startedAt.slice(0, 16).replace('T', ' ')
