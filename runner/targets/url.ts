import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { Failure } from '../shell/exit.ts'
import type { Shell } from '../shell/shell.ts'
import { observeUrl } from './insight.ts'
import type { Target } from './target.ts'

type UrlOptions = {
  /** Whether the user allows an address that is neither loopback nor private. */
  readonly allowPublic: boolean
  /** The option that named the URL, for errors: --url. */
  readonly flag: string
}

/** A service that is already running, of which only the URL is known. */
export async function urlTarget(_shell: Shell, text: string, options: UrlOptions): Promise<Target> {
  const url = await checkUrl(text, options)
  return {
    url,
    async vary() {
      throw new Failure(
        'usage',
        `${options.flag}: replicas and image of a URL cannot be changed; leave them out, or use --cluster`,
      )
    },
    observe: () => observeUrl(url, { embedded: false, replicas: null }),
    restore: async () => {},
  }
}

/** A base URL; a Failure for text that is none, or for a public address without consent. */
export async function checkUrl(text: string, { allowPublic, flag }: UrlOptions): Promise<URL> {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new Failure(
      'usage',
      `${flag}: "${text}" is not an http or https address such as http://127.0.0.1:8080`,
    )
  // "http://h?" too, which has an empty one: a path after it would be part of it.
  if (/[?#]/.test(text))
    throw new Failure('usage', `${flag}: "${text}" has a query; give only the base, and the rest to --path`)
  // "Every address here" is what servers listen on; a client that connects to it reaches loopback (RFC 1122, 3.2.1.3).
  if (['0.0.0.0', '[::]'].includes(url.hostname))
    url.hostname = url.hostname === '[::]' ? '[::1]' : '127.0.0.1'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = await lookup(host, { all: true }).catch(() => {
    throw new Failure('environment', `${host}: no such host; is the name right?`)
  })
  const far = addresses.find(({ address }) => !isNearby(address))
  if (far && !allowPublic)
    throw new Failure(
      'usage',
      `${host} is ${far.address}, neither loopback nor private: a load test of it needs its owner's consent, and --allow-public`,
    )
  return url
}

const nearby = new BlockList()
nearby.addSubnet('127.0.0.0', 8)
nearby.addSubnet('10.0.0.0', 8)
nearby.addSubnet('172.16.0.0', 12)
nearby.addSubnet('192.168.0.0', 16)
nearby.addAddress('::1', 'ipv6')
nearby.addSubnet('fc00::', 7, 'ipv6')

/** Whether an address is loopback or private, so that load needs no consent. */
export const isNearby = (address: string): boolean =>
  nearby.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
