import { type LookupAddress, lookup } from 'node:dns'
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { checkServerIdentity, type PeerCertificate, connect as secureConnect } from 'node:tls'
import { isWithin, type Reach } from './reach.ts'
import type { Trust } from './trust.ts'

export type Way = {
  readonly signal: AbortSignal
  /** Where connections may go; where the address is outside, none is made. */
  readonly reach: Reach
  /** Default: what Node trusts. */
  readonly trust?: Trust | undefined
}

/** What our own requests fail with where the address is outside the reach. */
export class OutOfReach extends Error {}

/** A connection to the address of a URL, in TLS where that says https, offering what k6 offers. */
export async function dial(url: URL, { signal, reach, trust }: Way): Promise<Socket> {
  // An address is dialled without a look-up.
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) && !isWithin(reach, host)) throw outside(host)
  signal.throwIfAborted()
  const secure = url.protocol === 'https:'
  const place = { host, port: Number(url.port) || (secure ? 443 : 80), lookup: checked(reach) }
  const socket = secure
    ? secureConnect({
        ...place,
        // Of the URL, whatever the Host header says, as Go does it.
        servername: isIP(host) ? '' : host,
        ALPNProtocols: ['h2', 'http/1.1'],
        rejectUnauthorized: trust?.insecure !== true,
        secureContext: trust?.authorities(),
        checkServerIdentity: identity,
      })
    : connect(place)
  return connected(socket, secure ? 'secureConnect' : 'connect', signal)
}

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

// Go has not looked at common names since 1.15.
const identity = (host: string, certificate: PeerCertificate): Error | undefined =>
  certificate.subjectaltname === undefined
    ? Object.assign(new Error('the certificate has no subjectAltName, and k6 reads no common name'), {
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      })
    : checkServerIdentity(host, certificate)
