import { Failure } from '../shell/exit.ts'
import type { Way } from '../targets/dial.ts'
import { addressesOf, type Reach } from '../targets/reach.ts'

type Proxy = {
  /** What makes k6 take it, for every request: NO_PROXY is not passed on. */
  readonly variables: Readonly<Record<string, string>>
  /** Without user and password, for run.json. */
  readonly shown: string
  readonly reach: Reach
  /** For our own requests; undefined for SOCKS, which they do not speak. */
  readonly hop: Way['proxy']
}

/** The proxy that the environment names for these targets; a Failure where there is none, or k6 would not take it. */
export async function proxyFor(env: NodeJS.ProcessEnv, targets: readonly URL[]): Promise<Proxy> {
  const names = new Set(targets.map(({ protocol }) => `${protocol.slice(0, -1).toUpperCase()}_PROXY`))
  const [name = '', second] = names
  const text = env[name] || env[name.toLowerCase()]
  if (second) throw new Failure('usage', '--proxy: http and https have a proxy each; load one at a time')
  if (!text) throw new Failure('usage', `--proxy: ${name} is not set`)
  // Go's rule, for which there is no switch.
  if (targets.some(({ hostname }) => /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname)))
    throw new Failure('usage', '--proxy: k6 takes no proxy to localhost; leave --proxy out')
  const address = /^\w+:\/\//.test(text) ? text : `http://${text}`
  if (!/^(https?|socks5h?):\/\/[^/]/.test(address) || !URL.canParse(address))
    throw new Failure('usage', `--proxy: ${name} is not the address of a proxy`)
  const url = new URL(address)
  const reach = await addressesOf(url).catch(() => {
    throw new Failure('environment', `--proxy: ${url.hostname}: no such host; is ${name} right?`)
  })
  const hop = /^https?:$/.test(url.protocol) ? { url, reach } : undefined
  return { variables: { [name]: text }, shown: `${url.protocol}//${url.host}`, reach, hop }
}
