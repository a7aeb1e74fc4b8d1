import { isIP } from 'node:net'
import type { MiddlewareHandler } from 'hono'
import { problem } from './contract.ts'

/**
 * Why a request comes from a web page of another site, in words; null for any other client. The order is that
 * of Go's `http.CrossOriginProtection`: browsers send Sec-Fetch-Site, older ones only Origin, curl and k6
 * neither. Here it covers GET too, since a GET starts a load.
 * @param onLoopback whether the service listens only there; if so the Host must be no name that anyone could
 *   register and point here (DNS rebinding), which makes a page of another site look like one of this
 */
export function crossSite(header: (name: string) => string | undefined, onLoopback: boolean): string | null {
  const host = header('host') ?? ''
  if (onLoopback && !isLocalName(host))
    return `this service listens on loopback, and "${host}" is not a name of it; use localhost or 127.0.0.1`
  const site = header('sec-fetch-site')
  const origin = header('origin')
  const foreign = site
    ? site !== 'same-origin' && site !== 'none'
    : origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== withoutDefaultPort(host))
  return foreign
    ? 'a web page of another site sent this; open the address of this service in the browser instead'
    : null
}

/** An address, a name without a dot, or one below localhost: none of them can be registered in the DNS. */
function isLocalName(host: string): boolean {
  const name = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase()
  return isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')
}

// URL leaves the port out where it is the scheme's own.
const withoutDefaultPort = (host: string) => host.toLowerCase().replace(/:(80|443)$/, '')

/** Whether an address to listen on can be reached from this machine only. */
export const isLoopback = (address: string): boolean => /^(127\.|::1$|localhost$)/.test(address)

export const refuseCrossSite =
  (onLoopback: boolean): MiddlewareHandler =>
  async (c, next) => {
    const why = crossSite((name) => c.req.header(name), onLoopback)
    return why === null ? next() : problem(c, 403, 'Refused', { detail: why })
  }
