import { type LookupAddress, lookup } from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isWithin, type Reach } from './reach.ts'

type Question = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | null
  readonly signal: AbortSignal
  /** Whether any TLS certificate will do. */
  readonly insecure?: boolean
  /** Where requests may go; where the address is outside, none is made. */
  readonly reach: Reach
}

export type Answer = {
  readonly status: number
  readonly location: string | undefined
  /** As far as `most` characters; the rest is not read. */
  text(most: number): Promise<string>
  /** Ends the connection. */
  close(): void
}

/** What our own requests fail with where the address is outside the reach. */
export class OutOfReach extends Error {}

/**
 * One request of our own to a target, over a new connection. It follows no redirect and takes no proxy, whatever the
 * environment says (fetch of Node 24 would), and looks at the address that it dials.
 */
export function ask(
  url: URL,
  { method = 'GET', headers, body, signal, insecure = false, reach }: Question,
): Promise<Answer> {
  const outside = (address: string) =>
    new OutOfReach(`${address} is neither loopback nor private, nor what the target was checked to be`)
  const checked: LookupFunction = (hostname, options, found) =>
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[] = []) => {
      const far = addresses.find(({ address }) => !isWithin(reach, address))
      const [first] = addresses
      if (error || far || !first) found(error ?? outside(far?.address ?? hostname), '')
      else if (options.all) found(null, addresses)
      else found(null, first.address, first.family)
    })
  return new Promise((resolve, reject) => {
    // An address is dialled without a look-up.
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) && !isWithin(reach, host)) return reject(outside(host))
    const { request } = url.protocol === 'https:' ? https : http
    const sent = request(
      url,
      { method, headers, signal, agent: false, rejectUnauthorized: !insecure, lookup: checked },
      (response) => {
        response.on('error', () => {})
        resolve({
          status: response.statusCode ?? 0,
          location: response.headers.location,
          async text(most) {
            let text = ''
            for await (const part of response.setEncoding('utf8')) {
              text += part
              if (text.length > most) break
            }
            return text
          },
          close: () => void response.destroy(),
        })
      },
    )
    sent.on('error', reject)
    sent.end(body ?? undefined)
  })
}
