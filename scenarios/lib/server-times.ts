import exec from 'k6/execution'
import type { RefinedResponse, ResponseType } from 'k6/http'
import { Trend } from 'k6/metrics'

const queued = new Trend('server_queue', true)
const worked = new Trend('server_work', true)

/** Up to this rate of a stage every answer is read, beyond it about as many a second. */
const perSecond = 500

type Answer = Pick<RefinedResponse<ResponseType | undefined>, 'headers'>

/**
 * Records how long the workload says a request waited for a thread and how long it worked. Reading a header costs a
 * quarter of the rate that a generator can reach, so at high rates it reads a random sample of the answers: random,
 * because every n-th may always come from the same replica. All answers of a stage have the same chance, whichever VU
 * gets them and whether they are fast or slow: a share of its own for each VU or second would favour the slow ones.
 * `rates` are those of the stages, per second. Without them the rate is what all VUs reached by the end of the
 * stage's first half second; answers until then wait for the decision.
 */
export function serverTimes(lengthMs: number, rates?: readonly number[]): (answer: Answer) => void {
  let endsAt = 0
  let decidesAt = 0
  let share = 0
  let early: (string | undefined)[] = []
  return (answer) => {
    const now = Date.now()
    if (now >= endsAt) {
      const { name, startTime } = exec.scenario
      const rate = rates?.[stageOf(name) - 1]
      endsAt = startTime + lengthMs
      early = []
      if (rate) share = perSecond / rate
      else decidesAt = startTime + Math.min(200, lengthMs / 4)
    }
    if (decidesAt > 0) {
      early.push(answer.headers['Server-Timing'])
      if (now < decidesAt) return
      const { startTime, iterationInTest } = exec.scenario
      share = (perSecond * (now - startTime)) / (1000 * (iterationInTest + 1))
      decidesAt = 0
      for (const header of early) if (Math.random() < share) record(header)
      early = []
    } else if (Math.random() < share) record(answer.headers['Server-Timing'])
  }
}

function record(header: string | undefined): void {
  const [, queue, work] = /^queue;dur=([\d.]+), work;dur=([\d.]+)/.exec(header ?? '') ?? []
  if (queue === undefined) return
  queued.add(Number(queue))
  worked.add(Number(work))
}

/** The number of the stage, from 1, in the name of its k6 scenario: `soak_3`. */
export const stageOf = (scenario: string): number => Number(scenario.slice(scenario.lastIndexOf('_') + 1))
