import { number, quantity } from '../../analysis/formats/words.ts'
import { largest } from '../../analysis/numbers/extremes.ts'
import type { Stage } from '../k6/inspect.ts'
import { Failure } from '../shell/exit.ts'
import { memoryMiB, openFiles } from '../shell/host.ts'

/** The least that k6 accepts as the duration of a scenario, which each stage is. */
const leastStageMs = 1000

/** What each VU takes at least, measured with k6 2 and our scripts. */
const vuMiB = 0.5

/** What k6 keeps open beside its connections: libraries, pipes, the REST API, outputs. */
const otherFiles = 16

export type Machine = {
  readonly memoryMiB: number
  /** null where the limit is unknown. */
  readonly openFiles: number | null
}

/** The stages as they are; a `Failure` for a load that so many k6 on this machine cannot make. */
export function checkStages(
  stages: readonly Stage[],
  generators = 1,
  machine: Machine = { memoryMiB: memoryMiB(), openFiles: openFiles() },
): readonly Stage[] {
  const short = stages.find(({ durationMs }) => durationMs < leastStageMs)
  if (short && !/^\d*$/.test(short.stage))
    throw new Failure(
      'usage',
      `${short.stage} would last ${number(short.durationMs)} ms, and k6 needs at least 1 s; make the duration ${number(Math.ceil(leastStageMs / short.durationMs))} times as long`,
    )
  if (short) {
    const count = new Set(stages.map(({ stage }) => stage)).size
    const given = count === 1 ? '' : ` for each of ${quantity(count, 'stage')}`
    throw new Failure(
      'usage',
      `the duration leaves ${number(short.durationMs)} ms${given}, and k6 needs at least 1 s; make it ${count}s or longer`,
    )
  }
  const most = (all: readonly Stage[]) => {
    const atOnce = new Map<number, number>()
    for (const { startMs, vus } of all) atOnce.set(startMs, (atOnce.get(startMs) ?? 0) + vus)
    return Math.max(0, largest(atOnce.values()))
  }
  const vus = most(stages)
  if (vus * vuMiB > machine.memoryMiB)
    throw new Failure(
      'usage',
      `${quantity(vus, 'VU')} need at least ${number(vus * vuMiB)} MiB of memory, and this machine has ${number(machine.memoryMiB)} MiB; use fewer`,
    )
  // In a closed model every VU has a connection at the same time.
  const all = most(stages.filter(({ offered }) => offered === null))
  const connections = Math.ceil(all / generators)
  if (machine.openFiles !== null && connections + otherFiles > machine.openFiles)
    throw new Failure(
      'invalid',
      `${quantity(connections, 'VU')}${generators > 1 ? ' of each generator' : ''} need as many connections, and a process here may open only ${number(machine.openFiles)} files; raise the limit (ulimit -n ${connections + 2 * otherFiles}), or use fewer VUs`,
    )
  return stages
}
