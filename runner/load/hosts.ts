import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { Failure } from '../shell/exit.ts'
import { bareHost, consentNeeded, isWithin, type Reach } from '../targets/reach.ts'

/** Where the requests of a script may go. */
export type Consent = {
  readonly reach: Reach
  /** Names whose addresses may be asked for, since the user named them. */
  readonly named: readonly string[]
  /** Addresses that stand for names, by k6's option `hosts`. */
  readonly hosts: Readonly<Record<string, string>>
}

/** Names that no public server has (RFC 6761, RFC 6762, RFC 8375; what Kubernetes and private networks use). */
const privateNames = /^[^.]+$|\.(localhost|local|internal|intranet|lan|home\.arpa|test|svc|corp)$|\.svc\./

function ofThisMachine(): Set<string> {
  try {
    const lines = readFileSync('/etc/hosts', 'utf8').split('\n')
    return new Set(lines.flatMap((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1)))
  } catch {
    return new Set()
  }
}

/** `host:port` of a URL, with the port of its scheme. */
export function placeOf(url: URL): string {
  const port = url.port || (/^(https|wss):$/.test(url.protocol) ? '443' : '80')
  return `${url.hostname}:${port}`
}

/** Every place that a text names with a scheme, whether or not it is ever asked. */
export const placesIn = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(/\b(?:https?|wss?):\/\/[^\s"'`$\\/]+/g)].flatMap(([found]) =>
      URL.canParse(found) ? [placeOf(new URL(found))] : [],
    ),
  ),
]

/** Every place that a text names in quotes without a scheme, as gRPC takes it; a name without dots has a port above 999. */
export const barePlacesIn = (text: string): string[] =>
  [
    ...text.matchAll(
      /["'`]((?:[a-z\d-]+\.)+[a-z][a-z\d-]*:\d{2,5}|[a-z][a-z\d-]*:\d{4,5}|\d+(?:\.\d+){3}:\d{2,5})["'`]/gi,
    ),
  ].flatMap(([, place]) => place ?? [])

/**
 * The address of a place as k6's `hosts` takes it; or, in a sentence, why nothing may be sent there. A name of which
 * nobody said that it is near is not looked up: that alone would tell others of it.
 */
export async function addressOf(
  place: string,
  { reach, named, hosts }: Consent,
): Promise<{ readonly address: string } | { readonly refused: string }> {
  const [, name = '', port = ''] = /^(.*):(\d+)$/.exec(place) ?? []
  const host = bareHost(name)
  const mapped = mappedOf(host, port, hosts)
  if (mapped !== undefined) {
    const at = bareAddress(mapped)
    return isWithin(reach, at)
      ? { address: mapped === at ? withPort(at, port) : mapped }
      : { refused: consentNeeded(`${host} is mapped to ${at}`) }
  }
  if (isIP(host))
    return isWithin(reach, host) ? { address: withPort(host, port) } : { refused: consentNeeded(host) }
  if (!privateNames.test(host) && !named.includes(host) && !ofThisMachine().has(host))
    return {
      refused: `${host}, a public name: a load test of it needs its owner's consent, and --allow-public; if its address is private, --allow-host ${host}`,
    }
  const found = await lookup(host, { all: true }).catch(() => [])
  const [first] = found
  if (!first) return { refused: `${host}, and there is no such host` }
  const far = found.find(({ address }) => !isWithin(reach, address))
  // k6 prefers IPv4 too.
  const { address } = found.find(({ family }) => family === 4) ?? first
  return far
    ? { refused: consentNeeded(`${host}, which is ${far.address}`) }
    : { address: withPort(address, port) }
}

/** k6 keeps a request's own port only for names without one. */
const withPort = (address: string, port: string): string =>
  isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`

const bareAddress = (mapped: string): string =>
  isIP(mapped) ? mapped : bareHost(mapped.replace(/:\d+$/, ''))

/** By k6's rules: with its port, else without; a star stands for what is before the rest. */
function mappedOf(host: string, port: string, hosts: Consent['hosts']): string | undefined {
  for (const name of [`${host}:${port}`, host]) {
    if (hosts[name] !== undefined) return hosts[name]
    const [star] = Object.keys(hosts)
      .filter((pattern) => pattern.startsWith('*') && name.endsWith(pattern.slice(1)))
      .sort((a, b) => b.length - a.length)
    if (star !== undefined) return hosts[star]
  }
  return undefined
}

/** `NAME=ADDRESS` of a flag, with or without ports. */
export function hostsFrom(list: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    list.split(',').map((part) => {
      const [, name, address] = /^([\w.*-]+(?::\d+)?)=(\S+)$/.exec(part.trim()) ?? []
      if (name === undefined || address === undefined || !isIP(bareAddress(address)))
        throw new Error(`"${part}" is not of the form name=address, such as shop.test=127.0.0.1:8080`)
      const port = /:(\d+)$/.exec(name)?.[1]
      return [name, port && isIP(address) ? withPort(address, port) : address]
    }),
  )
}

// Nobody listens there (tcpmux, RFC 1078), so that it is refused at once; a forbidden address gRPC tries for a minute.
export const nowhere = '127.0.0.1:1'

/**
 * For k6's `hosts`: these, and nothing else. It takes no IPv6 address there, so beside one the others are those that end with
 * a letter, as names do.
 */
export function only(hosts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const last = Object.keys(hosts).flatMap((place) => /^\[.*(.)\]/.exec(place)?.[1] ?? [])
  const rest =
    last.length === 0 ? [''] : [...'abcdefghijklmnopqrstuvwxyz'].filter((end) => !last.includes(end))
  return { ...onlyNames(hosts), ...Object.fromEntries(rest.map((end) => [`*${end}`, nowhere])) }
}

/** What k6's `hosts` takes of these. */
export const onlyNames = (hosts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(hosts).filter(([place]) => !place.startsWith('[')))

/** Refuses a run that asks places nobody agreed to. */
export function refuse(script: string, refused: readonly string[]): void {
  const [first] = refused
  if (first === undefined) return
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more)` : ''
  throw new Failure('usage', `${script} asks ${first}${more}`)
}
