import { sleep } from 'k6'
import exec from 'k6/execution'
import { type Settings, stageMs } from './settings.ts'

// The share of the golden ratio: its multiples modulo one are spread evenly over 0 to 1 (Weyl 1916).
const golden = 0.618033988749895

/**
 * An iteration of a closed model that pauses after its request, for `thinkMs` and not beyond the end of its stage.
 * VUs that begin together would send together after every pause, so their first requests are spread over one.
 */
export function paused(settings: Settings, stages: number, send: () => void): () => void {
  const { thinkMs } = settings
  if (thinkMs === 0) return send
  const lengthMs = stageMs(settings, stages)
  const pause = (ms: number) => {
    // A little longer, so that k6 has ended the stage and starts no other iteration.
    const leftMs = exec.scenario.startTime + lengthMs + 20 - Date.now()
    if (leftMs > 0) sleep(Math.min(ms, leftMs) / 1000)
  }
  return () => {
    const { idInTest, iterationInScenario } = exec.vu
    if (iterationInScenario === 0) pause(Math.min(thinkMs, lengthMs) * ((idInTest * golden) % 1))
    send()
    pause(thinkMs)
  }
}
