import { type LookupAddress, lookup } from 'node:dns'
import http from 'node:http'
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { checkServerIdentity, type PeerCertificate, connect as secureConnect } from 'node:tls'
import { withCredentials } from '../shell/credentials.ts'
import { bareHost, isWithin, type Reach } from './reach.ts'
import type { Trust } from './trust.ts'

export type Way = {
  readonly signal: AbortSignal
  /** Where connections may go; where the address is outside, none is made. */
  readonly reach: Reach
  /** Default: what Node trusts. */
  readonly trust?: Trust | undefined
  /** An HTTP proxy to take; it alone looks up the target's name. */
  readonly proxy?: Proxy | undefined
}

type Proxy = { readonly url: URL; readonly reach: Reach }

/** What our own requests fail with where the address is outside the reach. */
export class OutOfReach extends Error {}

/**
 * A connection to the address of a URL, in TLS where that says https, offering what k6 offers. Through a proxy it is
 * a tunnel for https; for http it is one to the proxy, which takes requests with the whole URL.
 */
export async function dial(url: URL, way: Way): Promise<Socket> {
  const { proxy, signal, trust } = way
  if (!proxy) return reached(url, way)
  const hop = await reached(proxy.url, { reach: proxy.reach, signal, trust })
  if (url.protocol === 'http:') return hop
  const host = bareHost(url.hostname)
  const tunnel = await tunnelled(url, hop, way)
  return connected(secureConnect({ ...secured(host, trust), socket: tunnel }), 'secureConnect', signal)
}

/** What a proxy asks its user for, as k6 sends it. */
export function proxyCredentials({ url }: Proxy): Readonly<Record<string, string>> {
  const { authorization } = withCredentials(url.href).headers
  return authorization === undefined ? {} : { 'proxy-authorization': authorization }
}

/** A tunnel through the proxy at the other end (RFC 9110, 9.3.6). */
function tunnelled(url: URL, hop: Socket, { proxy, signal }: Way): Promise<Socket> {
  const path = `${url.hostname}:${url.port || 443}`
  return new Promise((resolve, reject) => {
    http
      .request({
        method: 'CONNECT',
        path,
        headers: { host: path, ...(proxy && proxyCredentials(proxy)) },
        signal,
        createConnection: () => hop,
      })
      .on('connect', ({ statusCode }, socket) => {
        if (statusCode === 200) return resolve(socket)
        socket.destroy()
        reject(new Error(`the proxy answers ${statusCode}`))
      })
      .on('error', reject)
      .end()
  })
}

/** A connection to the address itself. */
async function reached(url: URL, { signal, reach, trust }: Way): Promise<Socket> {
  // An address is dialled without a look-up.
  const host = bareHost(url.hostname)
  if (isIP(host) && !isWithin(reach, host)) throw outside(host)
  signal.throwIfAborted()
  const secure = url.protocol === 'https:'
  const place = { host, port: Number(url.port) || (secure ? 443 : 80), lookup: checked(reach) }
  const socket = secure ? secureConnect({ ...place, ...secured(host, trust) }) : connect(place)
  return connected(socket, secure ? 'secureConnect' : 'connect', signal)
}

const secured = (host: string, trust: Trust | undefined) => ({
  // Of the URL, whatever the Host header says, as Go does it.
  servername: isIP(host) ? '' : host,
  ALPNProtocols: ['h2', 'http/1.1'],
  rejectUnauthorized: trust?.insecure !== true,
  secureContext: trust?.authorities(),
  checkServerIdentity: identityOf(host),
})

/** The socket once that has happened to it. */
function connected(socket: Socket, event: string, signal: AbortSignal): Promise<Socket> {
  const stop = () => void socket.destroy(signal.reason)
  signal.addEventListener('abort', stop)
  return new Promise<Socket>((resolve, reject) => {
    socket.once('error', reject)
    socket.once(event, () => {
      socket.off('error', reject)
      resolve(socket)
    })
  }).finally(() => signal.removeEventListener('abort', stop))
}

const outside = (address: string) =>
  new OutOfReach(`${address} is neither loopback nor private, nor what the target was checked to be`)

/** A look-up that finds only what is within reach. */
const checked =
  (reach: Reach): LookupFunction =>
  (hostname, options, found) =>
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[] = []) => {
      const far = addresses.find(({ address }) => !isWithin(reach, address))
      const [first] = addresses
      if (error || far || !first) found(error ?? outside(far?.address ?? hostname), '')
      else if (options.all) found(null, addresses)
      else found(null, first.address, first.family)
    })

// Of the host of the URL, also through a tunnel. Go has not looked at common names since 1.15.
const identityOf =
  (host: string) =>
  (_: string, certificate: PeerCertificate): Error | undefined =>
    certificate.subjectaltname === undefined
      ? Object.assign(new Error('the certificate has no subjectAltName, and k6 reads no common name'), {
          code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        })
      : checkServerIdentity(host, certificate)
