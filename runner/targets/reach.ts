import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

/**
 * The addresses at which a target may be reached: loopback and private ones and `also`, or any at all, where the user
 * vouches for the owner's consent.
 */
export type Reach = { readonly also: readonly string[] } | 'anywhere'

export const nearbyOnly: Reach = { also: [] }

type Range = readonly [address: string, length: number]

const nearby: { readonly ipv4: readonly Range[]; readonly ipv6: readonly Range[] } = {
  ipv4: [
    ['127.0.0.0', 8],
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ],
  ipv6: [
    ['::1', 128],
    ['fc00::', 7],
  ],
}

const listed = new BlockList()
for (const family of ['ipv4', 'ipv6'] as const)
  for (const [address, length] of nearby[family]) listed.addSubnet(address, length, family)

/** Whether an address is loopback or private, so that load needs no consent. */
export const isNearby = (address: string): boolean =>
  listed.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

export const isWithin = (reach: Reach, address: string): boolean =>
  reach === 'anywhere' || reach.also.includes(address) || isNearby(address)

/** A sentence about an address outside, with what to do. */
export const consentNeeded = (what: string): string =>
  `${what}, neither loopback nor private: a load test of it needs its owner's consent, and --allow-public`

/** The host of a URL as an address or a name: IPv6 without its brackets. */
export const bareHost = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

/** All that a name resolves to now, to be reached beside what is nearby. */
export async function addressesOf({ hostname }: URL): Promise<Reach> {
  const found = await lookup(bareHost(hostname), { all: true })
  return { also: found.map(({ address }) => address) }
}

/**
 * Every address outside, as CIDRs. k6 refuses to dial them, after DNS and for whatever a script asks, so that neither a
 * redirect nor a name that resolves anew leads the load elsewhere.
 */
export function outside(reaches: readonly Reach[]): string[] {
  const also: string[] = []
  for (const reach of reaches) {
    if (reach === 'anywhere') return []
    for (const address of reach.also) also.push(address)
  }
  const of = (version: 4 | 6) => also.filter((address) => isIP(address) === version)
  return [
    ...complement(32, [
      ...nearby.ipv4.map(([address, length]) => [ipv4(address), length] as const),
      ...of(4).map((address) => [ipv4(address), 32] as const),
    ]).map(([first, length]) => `${dotted(first)}/${length}`),
    ...complement(128, [
      // Go reads it as every IPv4 address; mapped ones are dialled, and refused, as IPv4.
      [ipv6('::ffff:0:0'), 96],
      ...nearby.ipv6.map(([address, length]) => [ipv6(address), length] as const),
      ...of(6).map((address) => [ipv6(address), 128] as const),
    ]).map(([first, length]) => `${groups(first).join(':')}/${length}`),
  ]
}

type Bits = readonly [first: bigint, length: number]

/** The fewest ranges that hold exactly the addresses of `bits` bits that none of `allowed` holds. */
function complement(bits: number, allowed: readonly Bits[]): Bits[] {
  const start = (address: bigint, length: number) =>
    (address >> BigInt(bits - length)) << BigInt(bits - length)
  const walk = ([first, length]: Bits): Bits[] => {
    if (allowed.some(([other, size]) => size <= length && start(first, size) === other)) return []
    if (!allowed.some(([other, size]) => size > length && start(other, length) === first))
      return [[first, length]]
    const half = 1n << BigInt(bits - length - 1)
    return [...walk([first, length + 1]), ...walk([first + half, length + 1])]
  }
  return walk([0n, 0])
}

const joined = (parts: readonly number[], width: number): bigint =>
  parts.reduce((sum, part) => (sum << BigInt(width)) + BigInt(part), 0n)

const ipv4 = (address: string): bigint => joined(address.split('.').map(Number), 8)

const dotted = (address: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.')

function ipv6(address: string): bigint {
  // Writes the last four bytes of a mapped address in hexadecimal too.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`)
  const [head = '', tail] = hostname.slice(1, -1).split('::')
  const parts = (text: string) => text.split(':').filter(Boolean)
  const [before, after] = [parts(head), parts(tail ?? '')]
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return joined(
    [...before, ...zeros, ...after].map((part) => Number.parseInt(part, 16)),
    16,
  )
}

const groups = (address: bigint): string[] =>
  Array.from({ length: 8 }, (_, index) => ((address >> BigInt(112 - 16 * index)) & 0xffffn).toString(16))
