import { z } from 'zod'
import type { Run } from '../../analysis/formats/run.ts'
import { shownUrl, withCredentials } from './credentials.ts'
import type { Observation } from './target.ts'

const Insight = z.object({
  service: z.literal('load-and-stress'),
  version: z.string(),
  instance: z.string().describe('differs for every start'),
  host: z.string(),
  pod: z.string().nullable(),
  namespace: z.string().nullable(),
  node: z.string().nullable(),
  limits: z.object({ cpuCores: z.number(), memoryMiB: z.number() }),
  used: z.object({ cpuSeconds: z.number() }),
  work: z.object({ served: z.number(), unitsPerMs: z.number() }),
})

/** What an instance of our workload reports of itself. */
export type Insight = z.infer<typeof Insight>

/** null for anything but an /insight of our workload. */
export function parseInsight(text: string): Insight | null {
  try {
    return Insight.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** null for any other service, or one that does not answer. */
export async function readInsight(base: string): Promise<Insight | null> {
  const { url, headers } = withCredentials(`${base.replace(/\/+$/, '')}/insight`)
  try {
    return parseInsight(await (await fetch(url, { headers, signal: AbortSignal.timeout(5000) })).text())
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
  { embedded, replicas }: { readonly embedded: boolean; readonly replicas: number | null },
): Promise<Observation> {
  const before = await readInsight(url.href)
  return {
    replicas,
    async finish({ countsWork }) {
      const after = await readInsight(url.href)
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
