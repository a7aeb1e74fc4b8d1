import { isIP } from 'node:net'
import type { MiddlewareHandler } from 'hono'
import { type Config, hostname } from './config.ts'
import { problem } from './contract.ts'

/**
 * Why a request comes from a web page of another site, in words; null for any other client. The order is that
 * of Go's `http.CrossOriginProtection`: browsers send Sec-Fetch-Site, older ones only Origin, curl and k6
 * neither. Here it covers GET too, since a GET starts a load.
 * @param hosts names that clients may call the service by, beside those that nobody can register and point here
 *   (DNS rebinding), which would make a page of another site look like one of this; null: any
 */
export function crossSite(
  header: (name: string) => string | undefined,
  hosts: readonly string[] | null,
): string | null {
  const host = header('host') ?? ''
  if (hosts && !isOwnName(host, hosts))
    return `"${host}" is not known as a name of this service; use an address or localhost, or add it to HOST_NAMES`
  const site = header('sec-fetch-site')
  const origin = header('origin')
  const foreign = site
    ? site !== 'same-origin' && site !== 'none'
    : origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== withoutDefaultPort(host))
  return foreign
    ? 'a web page of another site sent this; open the address of this service in the browser instead'
    : null
}

/** One of the given names, or one that cannot be registered in the DNS (RFC 6761, RFC 6762, Kubernetes, ICANN). */
function isOwnName(host: string, hosts: readonly string[]): boolean {
  const name = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase()
  return (
    isIP(name) !== 0 ||
    !name.includes('.') ||
    /\.(localhost|local|internal|svc|cluster\.local)$/.test(name) ||
    hosts.includes(name)
  )
}

/** The names to ask for; null where any will do. */
export function hostsOf(
  { HOST, HOST_NAMES, STRESS_TOKEN }: Pick<Config, 'HOST' | 'HOST_NAMES' | 'STRESS_TOKEN'>,
  environment: NodeJS.ProcessEnv,
): readonly string[] | null {
  if (HOST_NAMES?.includes('*')) return null
  // A page does not know the token, and nobody here knows what a pod's Service, LoadBalancer or Ingress is called.
  const anyWillDo = Boolean(STRESS_TOKEN || environment.KUBERNETES_SERVICE_HOST)
  if (!HOST_NAMES && !isLoopback(HOST) && anyWillDo) return null
  return [...(HOST_NAMES ?? []), hostname.toLowerCase()]
}

// URL leaves the port out where it is the scheme's own.
const withoutDefaultPort = (host: string) => host.toLowerCase().replace(/:(80|443)$/, '')

/** Whether an address to listen on can be reached from this machine only. */
const isLoopback = (address: string): boolean => /^(127\.|::1$|localhost$)/.test(address)

export const refuseCrossSite =
  (hosts: readonly string[] | null): MiddlewareHandler =>
  async (c, next) => {
    const why = crossSite((name) => c.req.header(name), hosts)
    return why === null ? next() : problem(c, 403, 'Refused', { detail: why })
  }
