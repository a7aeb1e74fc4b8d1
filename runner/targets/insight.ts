import type { Run } from '../../analysis/formats/run.ts'
import type { Insight as Contract } from '../../workload/contract.ts'
import { shownUrl, withCredentials } from '../shell/credentials.ts'
import { ask } from './ask.ts'
import type { Way } from './dial.ts'
import { nearbyOnly } from './reach.ts'
import type { Observation } from './target.ts'

const read = {
  service: true,
  version: true,
  instance: true,
  host: true,
  pod: true,
  namespace: true,
  node: true,
  limits: true,
  used: true,
  work: true,
} as const

/** What an instance of our workload reports of itself, as far as a run needs it. */
export type Insight = Pick<Contract, keyof typeof read>

/** null for anything but an /insight of our workload. */
export async function parseInsight(text: string): Promise<Insight | null> {
  // Loaded here because only our own workload needs it.
  const { Insight } = await import('../../workload/contract.ts')
  try {
    const insight = Insight.pick(read).parse(JSON.parse(text))
    return insight.service === 'load-and-stress' ? insight : null
  } catch {
    return null
  }
}

const longestInsight = 100_000

/** null for any other service, or one that does not answer; a redirect is not followed. */
export async function readInsight(
  base: string,
  way: Omit<Way, 'signal'> = { reach: nearbyOnly },
): Promise<Insight | null> {
  const { url, headers } = withCredentials(`${base.replace(/\/+$/, '')}/insight`)
  try {
    const answer = await ask(url, { headers, ...way, signal: AbortSignal.timeout(5000) })
    return await parseInsight(await answer.text(longestInsight))
  } catch {
    return null
  }
}

/** The part for run.json. */
export function workloadOf(insight: Insight | null): Run['target']['workload'] {
  if (!insight) return null
  const { version, host, pod, namespace, node, limits, work } = insight
  return { version, host, pod, namespace, node, ...limits, unitsPerMs: work.unitsPerMs }
}

/**
 * Observes a target through its URL alone.
 * @param replicas null where their number is unknown or was not chosen
 */
export async function observeUrl(
  url: URL,
  {
    workload = true,
    embedded,
    replicas,
    ...way
  }: Omit<Way, 'signal'> & {
    /** Whether it may be the workload; any other service is not asked. */
    readonly workload?: boolean
    readonly embedded: boolean
    readonly replicas: number | null
  },
): Promise<Observation> {
  const look = async () => (workload ? readInsight(url.href, way) : null)
  const before = await look()
  return {
    replicas,
    async finish({ countsWork }) {
      const after = before && (await look())
      return {
        url: shownUrl(url),
        embedded,
        replicas: replicas ?? (embedded ? 1 : null),
        workload: workloadOf(before),
        cluster: null,
        // Behind a balancer each instance counts only its share.
        workServed:
          embedded && replicas === null && countsWork && before && after
            ? after.work.served - before.work.served
            : null,
      }
    },
  }
}
