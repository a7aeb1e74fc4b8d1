import { lookup } from 'node:dns/promises'
import { decodes, shownText } from '../shell/credentials.ts'
import { Failure } from '../shell/exit.ts'
import { observeUrl, readInsight } from './insight.ts'
import { bareHost, consentNeeded, isNearby, nearbyOnly, type Reach } from './reach.ts'
import type { Target } from './target.ts'
import type { Trust } from './trust.ts'

type UrlOptions = {
  /** Whether the user allows an address that is neither loopback nor private. */
  readonly allowPublic: boolean
  /** The option that named the URL, for errors: --url. */
  readonly flag: string
}

/** A service that is already running, of which only the URL is known. */
export async function urlTarget(
  text: string,
  { trust, ...options }: UrlOptions & { readonly trust?: Trust },
): Promise<Target> {
  const url = await checkUrl(text, options)
  const reach: Reach = options.allowPublic ? 'anywhere' : nearbyOnly
  // Warm-up and load ask the same.
  let ours: Promise<boolean> | undefined
  return {
    url,
    reach,
    async vary() {
      throw new Failure(
        'usage',
        `${options.flag}: replicas and image of a URL cannot be changed; leave them out, or use --cluster`,
      )
    },
    isOurs() {
      ours ??= readInsight(url.href, { reach, trust }).then((insight) => insight !== null)
      return ours
    },
    observe: ({ workload }) => observeUrl(url, { reach, trust, workload, embedded: false, replicas: null }),
    restore: async () => true,
  }
}

/** A base URL; a Failure for text that is none, or for a public address without consent. */
export async function checkUrl(text: string, { allowPublic, flag }: UrlOptions): Promise<URL> {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new Failure(
      'usage',
      `${flag}: "${shownText(text)}" is not an http or https address such as http://127.0.0.1:8080`,
    )
  // "http://h?" too, which has an empty one: a path after it would be part of it.
  if (/[?#]/.test(text))
    throw new Failure(
      'usage',
      `${flag}: "${shownText(text)}" has a query; give only the base, and the rest to --path`,
    )
  // "Every address here" is what servers listen on; a client that connects to it reaches loopback (RFC 1122, 3.2.1.3).
  if (['0.0.0.0', '[::]'].includes(url.hostname))
    url.hostname = url.hostname === '[::]' ? '[::1]' : '127.0.0.1'
  if (!decodes(url.username) || !decodes(url.password))
    throw new Failure('usage', `${flag}: write a % in the user or the password as %25`)
  const host = bareHost(url.hostname)
  const addresses = await lookup(host, { all: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EMFILE') throw error
    throw new Failure('environment', `${host}: no such host; is the name right?`)
  })
  const far = addresses.find(({ address }) => !isNearby(address))
  if (far && !allowPublic) throw new Failure('usage', consentNeeded(`${host} is ${far.address}`))
  return url
}
