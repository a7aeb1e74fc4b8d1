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
 * `rates` are those of the `stages`, per second. Without them the rate is what all VUs reached by the end of the
 * stage's first 200 ms; answers until then wait for the decision.
 */
export function serverTimes(
  lengthMs: number,
  stages: number,
  rates?: readonly number[],
): (answer: Answer) => void {
  let endsAt = 0
  let decidesAt = 0
  let share = 0
  let skips = 0
  let early: (string | undefined)[] = []
  return (answer) => {
    // Even the time costs something, and the only stage has no next one.
    if (skips > 0 && stages === 1) {
      skips--
      return
    }
    const now = Date.now()
    if (now >= endsAt) {
      const { name, startTime } = exec.scenario
      const rate = rates?.[stageOf(name) - 1]
      endsAt = startTime + lengthMs
      early = []
      share = rate ? perSecond / rate : 1
      skips = skipped(share)
      if (!rate) decidesAt = startTime + Math.min(200, lengthMs / 4)
    }
    if (decidesAt > 0) {
      early.push(answer.headers['Server-Timing'])
      if (now < decidesAt) return
      const { startTime, iterationInTest } = exec.scenario
      share = (perSecond * (now - startTime)) / (1000 * (iterationInTest + 1))
      decidesAt = 0
      for (const header of early) if (Math.random() < share) record(header)
      early = []
      skips = skipped(share)
    } else if (skips > 0) skips--
    else {
      record(answer.headers['Server-Timing'])
      skips = skipped(share)
    }
  }
}

/**
 * How many answers to leave out before the next, so that each is read with that chance: a geometric number. Source:
 * Devroye, "Non-Uniform Random Variate Generation", 1986, X.2.
 */
const skipped = (share: number): number =>
  share < 1 ? Math.floor(Math.log(1 - Math.random()) / Math.log1p(-share)) : 0

function record(header: string | undefined): void {
  const [, queue, work] = /^queue;dur=([\d.]+), work;dur=([\d.]+)/.exec(header ?? '') ?? []
  if (queue === undefined) return
  queued.add(Number(queue))
  worked.add(Number(work))
}

/** The number of the stage, from 1, in the name of its k6 scenario: `soak_3`. */
export const stageOf = (scenario: string): number => Number(scenario.slice(scenario.lastIndexOf('_') + 1))
