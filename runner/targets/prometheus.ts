import { z } from 'zod'
import { parseJson } from '../../analysis/formats/json.ts'
import { metrics } from '../cluster/readings.ts'
import type { Elsewhere } from '../cluster/usage.ts'
import { ask } from './ask.ts'
import type { Reach } from './reach.ts'

const Answered = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
})
type Result = z.infer<typeof Answered>['data']['result']

const mostCharacters = 2 ** 25

/** Of a Prometheus (https://prometheus.io/docs/prometheus/latest/querying/api/); what it refuses is an Error with its words. */
async function query(base: URL, reach: Reach, path: string, given: Record<string, string>): Promise<Result> {
  const url = new URL(`${base.href.replace(/\/$/, '')}/api/v1/${path}`)
  for (const [name, value] of Object.entries(given)) url.searchParams.set(name, value)
  const answer = await ask(url, { reach, signal: AbortSignal.timeout(10_000) })
  const text = await answer.text(mostCharacters)
  answer.close()
  const json = parseJson(text)
  const parsed = Answered.safeParse(json.kind === 'ok' ? json.value : null)
  if (answer.status === 200 && parsed.success) return parsed.data.data.result
  const refused = z.object({ error: z.string() }).safeParse(json.kind === 'ok' ? json.value : null)
  throw new Error(refused.success ? refused.data.error : `it answered ${answer.status}`)
}

// Longer than two scrapes; what was read before is known.
const window = '2m'

/**
 * The standard container_* metrics of these pods, and the CPU of their nodes where the scrapes name those; false where it
 * has none of these pods. Raw samples with their own times, as the kubelet gave them.
 */
async function addFromPrometheus(
  base: URL,
  reach: Reach,
  of: Parameters<Elsewhere['add']>[0],
): Promise<boolean> {
  // Names of pods and namespaces have nothing that a regular expression or a string would read otherwise, but dots.
  const pods = of.pods.map((name) => name.replaceAll('.', '[.]')).join('|')
  const names = Object.keys(metrics).join('|')
  const [ofPods, ofNodes] = await Promise.all([
    query(base, reach, 'query', {
      query: `{__name__=~"${names}",namespace="${of.namespace}",pod=~"${pods}",container!="POD"}[${window}]`,
    }),
    query(base, reach, 'query', {
      query: `{__name__=~"container_cpu_usage_seconds_total|machine_cpu_cores",id=~"/|",node!="",pod=""}[${window}]`,
    }),
  ])
  for (const { metric, values } of ofPods) {
    const { __name__ = '', pod = '', container = '', id = '', interface: card = '' } = metric
    const what = metrics[__name__]
    if (what)
      for (const [seconds, value] of values)
        of.into.add({ what, owner: pod, container, instance: `${id} ${card}` }, seconds * 1000, Number(value))
  }
  for (const { metric, values } of ofNodes) {
    const { __name__, node = '' } = metric
    for (const [seconds, value] of values)
      if (__name__ === 'machine_cpu_cores') of.cores.set(node, Number(value))
      else
        of.nodes.add({ what: 'cpu', owner: node, container: '', instance: '' }, seconds * 1000, Number(value))
  }
  return ofPods.some(({ metric }) => metric.__name__ === 'container_cpu_usage_seconds_total')
}

/** The values of a query of the user's each second; an Error where it gives several series, or none. */
async function observedBy(
  base: URL,
  reach: Reach,
  promQl: string,
  from: number,
  to: number,
): Promise<{ at: number; value: number }[]> {
  // Prometheus gives at most 11,000 values.
  const step = String(Math.max(1, Math.ceil((to - from) / 10_000_000)))
  const range = { query: promQl, start: String(from / 1000), end: String(to / 1000), step }
  const found = await query(base, reach, 'query_range', range)
  const [first] = found
  if (!first) throw new Error('it gives no values')
  if (found.length > 1) throw new Error(`it gives ${found.length} series: sum() or max() makes one of them`)
  return first.values.flatMap(([seconds, text]) =>
    Number.isFinite(Number(text)) ? [{ at: seconds * 1000, value: Number(text) }] : [],
  )
}

/** A Prometheus as the place to read what pods use, and queries of the user's own. */
export const prometheusAt = (
  base: URL,
  { reach, queries }: { readonly reach: Reach; readonly queries: Readonly<Record<string, string>> },
): Elsewhere => ({
  add: (of) => addFromPrometheus(base, reach, of),
  async observed(from, to) {
    const wrong: string[] = []
    const found = await Promise.all(
      Object.entries(queries).map(async ([name, promQl]) => {
        try {
          return [{ name, points: await observedBy(base, reach, promQl, from, to) }]
        } catch (error) {
          wrong.push(`Of the query ${name} nothing is known: ${(error as Error).message}.`)
          return []
        }
      }),
    )
    return { found: found.flat(), wrong }
  },
})
