import { z } from 'zod'
import { parseJson } from '../../analysis/formats/json.ts'
import { parseResources } from '../../analysis/formats/resources.ts'
import type { Counted, Series } from '../../analysis/run/pod-usage.ts'

/** Readings in order of time, of one thing each; what is read twice counts once. */
export class Readings {
  readonly #series = new Map<string, { what: Counted; owner: string; container: string; points: Point[] }>()

  /** @param instance differs for each start of a container */
  add(of: Omit<Series, 'points'> & { readonly instance: string }, at: number, value: number): void {
    const { what, owner, container, instance } = of
    const key = [what, owner, container, instance].join('\n')
    const series = this.#series.get(key) ?? { what, owner, container, points: [] }
    this.#series.set(key, series)
    const last = series.points.at(-1)
    if (!last || at > last.at) series.points.push({ at, value })
  }

  all = (): Series[] => [...this.#series.values()]
}

type Point = { readonly at: number; readonly value: number }

/** As the kubelet’s cAdvisor calls them (https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md). */
export const metrics: Readonly<Record<string, Counted>> = {
  container_cpu_usage_seconds_total: 'cpu',
  container_cpu_cfs_periods_total: 'periods',
  container_cpu_cfs_throttled_periods_total: 'throttled',
  container_memory_working_set_bytes: 'memory',
  container_network_receive_bytes_total: 'received',
  container_network_transmit_bytes_total: 'sent',
}

/** What the kubelet of a node says of the pods of a namespace and of itself; gives its cores, null where it does not say. */
export function addCadvisor(
  text: string,
  of: {
    readonly namespace: string
    readonly node: string
    readonly pods: Readings
    readonly nodes: Readings
  },
): number | null {
  let cores: number | null = null
  for (const [, name = '', labels = '', value, at] of text.matchAll(
    /^(container_(?:cpu_(?:usage|cfs)|memory_working|network_(?:rec|tra))\w+|machine_cpu_cores)\{(.*)\} (\S+)(?: (\d+))?$/gm,
  )) {
    if (name === 'machine_cpu_cores') cores = Number(value)
    const what = metrics[name]
    if (!what) continue
    const { namespace = '', pod = '', container = '', id = '', interface: card = '' } = labelsOf(labels)
    if (id === '/' && what === 'cpu')
      of.nodes.add({ what, owner: of.node, container: '', instance: '' }, Number(at), Number(value))
    else if (namespace === of.namespace && pod !== '' && container !== 'POD')
      of.pods.add({ what, owner: pod, container, instance: `${id} ${card}` }, Number(at), Number(value))
  }
  return cores
}

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))

const PodMetrics = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      timestamp: z.string(),
      window: z.string(),
      containers: z.array(
        z.object({ name: z.string(), usage: z.object({ cpu: z.string(), memory: z.string() }) }),
      ),
    }),
  ),
})

/**
 * What metrics.k8s.io says: the mean CPU of a window, which is added to what the windows before it make together; gives the
 * longest window in seconds, null where nothing can be read.
 */
export function addPodMetrics(text: string, pods: Readings): number | null {
  const json = parseJson(text)
  const parsed = PodMetrics.safeParse(json.kind === 'ok' ? json.value : null)
  if (!parsed.success) return null
  let longest: number | null = null
  for (const { metadata, timestamp, window, containers } of parsed.data.items) {
    const at = Date.parse(timestamp)
    const [, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?(?:([\d.]+)s)?$/.exec(window) ?? []
    const overSeconds = 60 * Number(minutes) + Number(seconds)
    longest = Math.max(longest ?? 0, overSeconds)
    for (const { name, usage } of containers) {
      const of = (what: Counted) => ({ what, owner: metadata.name, container: name, instance: '' })
      const [cores, bytes] = [parseResources(usage.cpu), parseResources(usage.memory)]
      if (bytes !== null) pods.add(of('memory'), at, bytes)
      if (cores === null) continue
      const before = pods
        .all()
        .find((each) => each.what === 'cpu' && each.owner === metadata.name && each.container === name)
        ?.points.at(-1)
      if (!before) pods.add(of('cpu'), at - overSeconds * 1000, 0)
      const { at: from, value } = before ?? { at: at - overSeconds * 1000, value: 0 }
      pods.add(of('cpu'), at, value + (cores * (at - from)) / 1000)
    }
  }
  return longest
}
