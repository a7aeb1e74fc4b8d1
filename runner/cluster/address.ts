import type { Node, Service } from 'kubernetes-types/core/v1.js'
import { Failure } from '../shell/exit.ts'
import { ask } from '../targets/ask.ts'
import { type Kubectl, namespace } from './kubectl.ts'
import { minikubeProfile } from './minikube.ts'

/**
 * A base URL of the workload's service that has answered: the LoadBalancer's, else a node's port, and then it
 * says why. A Failure with advice where neither answers.
 */
export async function serviceUrl(kubectl: Kubectl): Promise<string> {
  const [service] = await kubectl.ofWorkload<Service>('services')
  if (!service)
    throw new Failure(
      'environment',
      `no service in the namespace ${namespace}; deploy the workload with "npm run cluster:deploy"`,
    )
  const { port, nodePort } = service.spec?.ports?.[0] ?? {}
  const ingress = service.status?.loadBalancer?.ingress ?? []
  const balancers = ingress.map(({ ip, hostname }) => urlOf(ip ?? hostname ?? '', port))
  for (const url of balancers) if (await answers(url)) return url

  const profile = await minikubeProfile(kubectl)
  const why =
    balancers.length > 0
      ? `the LoadBalancer's address ${balancers[0]} does not answer${profile ? ' (left behind by a tunnel that has ended?)' : ''}`
      : 'the LoadBalancer has no address yet'
  const advice = profile
    ? `start "minikube tunnel -p ${profile}" in another terminal`
    : 'wait until the cloud provider assigns one'
  for (const { status } of nodePort ? await kubectl.list<Node>('nodes') : []) {
    const internal = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address
    const url = internal && urlOf(internal, nodePort)
    if (url && (await answers(url))) {
      kubectl.shell.say(`${why}; using a node's port instead (${advice} to go through the LoadBalancer)`)
      return url
    }
  }
  throw new Failure('environment', `${why}, and no node answers on port ${nodePort} either; ${advice}`)
}

const urlOf = (host: string, port?: number) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`

async function answers(url: string): Promise<boolean> {
  // The cluster said that the address is its own.
  const signal = AbortSignal.timeout(3000)
  const answer = await ask(new URL(`${url}/healthz`), { reach: 'anywhere', signal }).catch(() => null)
  answer?.close()
  return answer?.status === 200
}
