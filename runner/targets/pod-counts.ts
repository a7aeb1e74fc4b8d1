import type { Run } from '../../analysis/formats/run.ts'
import type { Deployed } from '../cluster/deployed.ts'
import { readPods } from '../cluster/pods.ts'
import { parseInsight } from './insight.ts'

export type PodCount = {
  readonly node: string
  /** Of the bundled workload; null for any other, which is not asked. */
  readonly counted: {
    /** Differs for every start of the workload. */
    readonly instance: string
    readonly served: number
    readonly cpuSeconds: number
  } | null
}

/** What each pod counted so far, read through the API server: a service would choose the pod itself. */
export async function countPods(deployed: Deployed): Promise<Map<string, PodCount>> {
  const { kubectl, bundled } = deployed
  const counts = new Map<string, PodCount>()
  for (const { name, node, terminating } of await readPods(deployed)) {
    if (terminating) continue
    if (!bundled) {
      counts.set(name, { node, counted: null })
      continue
    }
    const path = `/api/v1/namespaces/${kubectl.namespace}/pods/${name}:8080/proxy/insight`
    const insight = await parseInsight(await kubectl.run('get', '--raw', path).catch(() => ''))
    if (!insight) continue
    const { instance, work, used } = insight
    counts.set(name, { node, counted: { instance, served: work.served, cpuSeconds: used.cpuSeconds } })
  }
  return counts
}

/** What each pod did between two counts; null figures for a pod that started or stopped in between. */
export function podUse(
  before: ReadonlyMap<string, PodCount>,
  after: ReadonlyMap<string, PodCount>,
  durationMs: number,
): NonNullable<Run['target']['cluster']>['pods'] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((name) => {
    const [first, last] = [before.get(name)?.counted, after.get(name)?.counted]
    // A pod that has restarted keeps its name, but counts from zero.
    const same = first && last && first.instance === last.instance
    return {
      name,
      node: (after.get(name) ?? before.get(name))?.node ?? '',
      served: same ? last.served - first.served : null,
      cpuCores: same ? ((last.cpuSeconds - first.cpuSeconds) * 1000) / durationMs : null,
    }
  })
}
