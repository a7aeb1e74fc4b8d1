import { setTimeout as sleep } from 'node:timers/promises'
import { readInsight } from './insight.ts'
import type { Reach } from './reach.ts'

type Behind = {
  readonly url: URL
  readonly reach: Reach
  /** How many are ready, as the API server says. */
  readonly pods: number
  readonly signal: AbortSignal
}

// What answers otherwise is not the workload, or does not answer.
const mostFailures = 3

/**
 * Waits until every pod of the bundled workload has answered through its service: the balancers of the nodes may hear of
 * a pod seconds after the API server calls it ready, and the others would have its share of the load until then. Gives
 * how many answered, in `forMs` at most.
 */
export async function podsThatAnswer({ url, reach, pods, signal }: Behind, forMs = 20_000): Promise<number> {
  const seen = new Set<string>()
  const startMs = performance.now()
  let failures = 0
  while (seen.size < pods && failures < mostFailures && performance.now() - startMs < forMs) {
    if (signal.aborted) break
    const insight = await readInsight(url.href, { reach })
    failures = insight ? 0 : failures + 1
    if (insight) seen.add(insight.instance)
    await sleep(insight ? 20 : 200)
  }
  return seen.size
}
