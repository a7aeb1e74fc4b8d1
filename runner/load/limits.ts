import { number, quantity } from '../../analysis/formats/words.ts'
import type { Stage } from '../k6/inspect.ts'
import { Failure } from '../shell/exit.ts'

/** The least that k6 accepts as the duration of a scenario, which each stage is. */
const leastStageMs = 1000

/** The stages as they are; a `Failure` for a load that k6 or this machine cannot make. */
export function checkStages(stages: readonly Stage[]): readonly Stage[] {
  const short = stages.find(({ durationMs }) => durationMs < leastStageMs)
  if (short) {
    const count = new Set(stages.map(({ stage }) => stage)).size
    const given = count === 1 ? '' : ` for each of ${quantity(count, 'stage')}`
    throw new Failure(
      'usage',
      `the duration leaves ${number(short.durationMs)} ms${given}, and k6 needs at least 1 s; make it ${count}s or longer`,
    )
  }
  return stages
}
