import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js'
import type { Node } from 'kubernetes-types/core/v1.js'
import type { Run } from '../../analysis/formats/run.ts'
import { serviceUrl } from '../cluster/address.ts'
import { change, desired, readDeployment } from '../cluster/deployment.ts'
import { inNamespace, type Kubectl, kubectlOf, namespace } from '../cluster/kubectl.ts'
import { readPods } from '../cluster/pods.ts'
import { watchReplicas } from '../cluster/watch.ts'
import { shownUrl } from '../shell/credentials.ts'
import { Failure } from '../shell/exit.ts'
import { parseInsight, readInsight, workloadOf } from './insight.ts'
import { addressesOf, nearbyOnly, type Reach } from './reach.ts'
import type { Target } from './target.ts'

type Cluster = NonNullable<Run['target']['cluster']>

/**
 * The bundled workload deployed on the cluster of the current kube context; a Failure where there is none.
 * @param patient for a series: waits for an API server that does not answer for a while
 */
export async function deploymentTarget(shell: Kubectl['shell'], { patient = false } = {}): Promise<Target> {
  const kubectl = kubectlOf(shell, { patient })
  const found = desired(await readDeployment(kubectl))
  // A deployment that does not answer yet may do so with other replicas or another image.
  let url: URL | Error = await serviceUrl(kubectl).then(
    (text) => new URL(text),
    (error: Error) => error,
  )
  // Whoever may change the cluster has agreed to its service, also where that has a public address.
  const reachOf = async () => (url instanceof Error ? nearbyOnly : addressesOf(url))
  let reach: Reach = await reachOf()
  let varied = false
  const target: Target = {
    get url() {
      if (url instanceof Error) throw url
      return url
    },
    isOurs: async () => true,
    get reach() {
      return reach
    },
    async vary(levels, signal) {
      if (levels.image !== undefined || levels.replicas !== undefined) {
        varied = true
        await change(kubectl, levels, signal)
      }
      url = new URL(await serviceUrl(kubectl))
      reach = await reachOf()
    },
    async observe({ scaling }) {
      const observed = target.url
      const [{ replicas, ...facts }, before, insight] = await Promise.all([
        clusterFacts(kubectl),
        countPods(kubectl),
        readInsight(observed.href, { reach }),
      ])
      const watch = scaling ? watchReplicas(kubectl) : null
      return {
        replicas,
        async finish({ startedAt, endedAt }) {
          const changes = watch?.stop() ?? []
          // What was measured is kept, even if the cluster no longer answers.
          const after = await countPods(kubectl).catch(() => new Map<string, PodCount>())
          return {
            url: shownUrl(observed),
            embedded: false,
            replicas,
            workload: workloadOf(insight),
            cluster: {
              ...facts,
              scaling: changes.map(({ at, ...change }) => ({ atMs: at - startedAt.getTime(), ...change })),
              pods: podUse(before, after, endedAt.getTime() - startedAt.getTime()),
            },
            // Each pod counts only its share; they are in `cluster.pods`.
            workServed: null,
          }
        },
      }
    },
    async restore() {
      if (!varied) return
      varied = false
      shell.say(`back to ${found.replicas} replicas of ${found.image} …`)
      try {
        await change(kubectl, found, shell.urgent)
      } catch (error) {
        shell.say(
          shell.urgent.aborted
            ? `did not wait for the deployment; see "npm run cluster:status" for ${found.replicas} replicas of ${found.image}`
            : `could not restore the deployment: ${(error as Error).message}`,
        )
      }
    },
  }
  return target
}

/** The image of the deployment; a Failure where there is no deployment. */
export const currentImage = async (shell: Kubectl['shell']): Promise<string> =>
  desired(await readDeployment(kubectlOf(shell))).image

/** @throws a Failure with advice where nothing would scale the workload */
export async function needAutoscaler(shell: Kubectl['shell']): Promise<void> {
  const autoscalers = await kubectlOf(shell).list<HorizontalPodAutoscaler>('hpa', ...inNamespace)
  if (autoscalers.length === 0)
    throw new Failure(
      'environment',
      'nothing scales the workload; "npm run cluster:deploy -- --with autoscaling" adds an autoscaler',
    )
}

async function clusterFacts(
  kubectl: Kubectl,
): Promise<{ readonly replicas: number } & Omit<Cluster, 'pods' | 'scaling'>> {
  const [deployment, nodes] = await Promise.all([readDeployment(kubectl), kubectl.list<Node>('nodes')])
  const limits = deployment.spec?.template.spec?.containers[0]?.resources?.limits
  return {
    ...desired(deployment),
    nodes: nodes.length,
    cpuLimit: limits?.cpu ?? null,
    memoryLimit: limits?.memory ?? null,
  }
}

export type PodCount = {
  readonly node: string
  /** Differs for every start of the workload. */
  readonly instance: string
  readonly served: number
  readonly cpuSeconds: number
}

/** What each pod counted so far, read through the API server: a service would choose the pod itself. */
async function countPods(kubectl: Kubectl): Promise<Map<string, PodCount>> {
  const counts = new Map<string, PodCount>()
  for (const { name, node, terminating } of await readPods(kubectl)) {
    if (terminating) continue
    const path = `/api/v1/namespaces/${namespace}/pods/${name}:8080/proxy/insight`
    const insight = await parseInsight(await kubectl.run('get', '--raw', path).catch(() => ''))
    if (!insight) continue
    const { instance, work, used } = insight
    counts.set(name, { node, instance, served: work.served, cpuSeconds: used.cpuSeconds })
  }
  return counts
}

/** What each pod did between two counts; null figures for a pod that started or stopped in between. */
export function podUse(
  before: ReadonlyMap<string, PodCount>,
  after: ReadonlyMap<string, PodCount>,
  durationMs: number,
): Cluster['pods'] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((name) => {
    const [first, last] = [before.get(name), after.get(name)]
    // A pod that has restarted keeps its name, but counts from zero.
    const same = first && last && first.instance === last.instance
    return {
      name,
      node: (last ?? first)?.node ?? '',
      served: same ? last.served - first.served : null,
      cpuCores: same ? ((last.cpuSeconds - first.cpuSeconds) * 1000) / durationMs : null,
    }
  })
}
