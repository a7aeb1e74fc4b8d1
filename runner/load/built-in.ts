import { mix } from '../../scenarios/catalogue.ts'
import type { K6 } from '../k6/find.ts'
import { inspect, stagesIn } from '../k6/inspect.ts'
import { k6Environment } from '../k6/run.ts'
import type { Shell } from '../shell/shell.ts'
import { userPath } from '../shell/shell.ts'
import { probe } from '../targets/probe.ts'
import { outside } from '../targets/reach.ts'
import type { Target } from '../targets/target.ts'
import { trustOf } from '../targets/trust.ts'
import { withBody } from './body.ts'
import { type Data, readData } from './data.ts'
import { sharing } from './generator-limits.ts'
import { checkStages } from './limits.ts'
import { type LoadOptions, requestPath } from './options.ts'
import type { Prepared } from './order.ts'
import { packed } from './part.ts'
import { proxyFor } from './proxy.ts'
import { asked, isWorkload, plannedRequest, sentRequest, tokenFor } from './request.ts'
import type { Script } from './script.ts'
import { scriptSettings } from './settings.ts'
import { needNoData } from './template.ts'
import { warmUpOf } from './warm-up.ts'

// A warm-up in a pod: enough for its time, and not the whole of a long file once more.
const mostWarmUpRequests = 1000

/**
 * Checks one request against each target, and the load of a built-in scenario, before anything is loaded.
 * @param warmUpMs where a generator in a pod makes it
 */
export async function prepareBuiltIn(
  shell: Shell,
  k6: K6,
  { name, text }: Script,
  targets: readonly Target[],
  given: LoadOptions,
  warmUpMs = 0,
): Promise<Prepared> {
  const options = await withBody(shell, given)
  const request = plannedRequest(options)
  if (options.data === undefined) needNoData(request)
  const data = options.data === undefined ? null : await readData(userPath(shell, options.data), request)
  try {
    const urls = targets.map(({ url }) => url)
    const bases = urls.map(({ href }) => href.replace(/\/$/, ''))
    const proxy = options.proxy ? await proxyFor(shell.env, urls) : null
    const token = await tokenFor(shell, options, targets)
    const trust = trustOf(shell, options)
    const settings = {
      ...scriptSettings(options, bases, data),
      ...trust.variables,
      ...proxy?.variables,
      // By this variable, because it counts more than what a script says.
      K6_BLACKLIST_IPS: outside([...targets, ...(proxy ? [proxy] : [])].map(({ reach }) => reach)).join(','),
      // The script knows which of them it would send, but not to whom.
      STRESS_TOKEN: token,
      TARGET_TOKEN: token,
    }
    const expected = options.expectStatus ?? [[200, 299] as const]
    const sent = sentRequest(options, data?.requests[0] ?? request, token)
    if (proxy && !proxy.hop) shell.say('no probe: our own requests do not speak SOCKS')
    const [stages] = await Promise.all([
      inspect(k6, text, k6Environment(shell.env, settings), { signal: shell.signal }).then((found) =>
        checkStages(stagesIn(found), sharing(options)),
      ),
      ...(proxy && !proxy.hop ? [] : targets).map(({ reach, inside }, index) =>
        // A generator asks in its place.
        inside
          ? undefined
          : probe(
              bases[index] ?? '',
              { ...sent, reach, expected, expectBody: options.expectBody, trust, proxy: proxy?.hop },
              shell.signal,
            ),
      ),
    ])
    const [first] = targets
    return {
      settings,
      stages,
      ...(first?.inside && {
        elsewhere: {
          files: await packed([data?.file, trust.variables.SSL_CERT_FILE].flatMap((file) => file ?? [])),
          at: null,
          insecure: options.insecure,
          first: {
            probed: {
              base: bases[0] ?? '',
              request: { ...sent, reach: first.reach, expected, expectBody: options.expectBody },
            },
            ...(warmUpMs > 0 && {
              warmUp: warmUpOf(options, first, {
                requests: (data?.requests ?? [request]).slice(0, mostWarmUpRequests),
                ...{ token, forMs: warmUpMs },
              }),
            }),
          },
        },
      }),
      load: {
        request: requestWords(name, options, data),
        ...connectionsOf(options),
        ...(proxy && { proxy: proxy.shown }),
        ...asked(options),
      },
      // The look at /insight would not take it.
      workload: isWorkload(options) && !proxy,
      countsWork: request.path.startsWith('/work') && name !== 'mix',
      through: proxy ? ` through the proxy ${proxy.shown}` : '',
      paths: data === null,
      secrets: [token, ...query(request.path).values(), ...Object.values(request.headers)],
      release: async () => data?.remove(),
    }
  } catch (error) {
    await data?.remove()
    throw error
  }
}

const connectionsOf = ({ keepConnections, renewConnections: after }: LoadOptions) => ({
  connections: after
    ? ('renewed' as const)
    : keepConnections
      ? ('kept' as const)
      : ('one per iteration' as const),
  ...(typeof after === 'number' && { renewedAfter: after }),
})

/** What is requested, for reports and to see whether two runs did the same. */
function requestWords(scenario: string, options: LoadOptions, data: Data | null): string {
  const request = requestPath(options)
  if (scenario === 'mix') return `mix ${options.mix ?? mix.sizes.mix}, ${request.replace('/work?', 'work ')}`
  const words = `${options.method ?? 'GET'} ${options.path ? withoutValues(request) : request}`
  return data ? `${words}, ${data.words}` : words
}

const query = (request: string) => new URLSearchParams(/\?([^#]*)/.exec(request)?.[1])

/** A path for reports: its query may hold a token, so only the names stay. */
function withoutValues(request: string): string {
  const names = [...query(request).keys()]
  const plain = request.replace(/[?#].*$/, '')
  return names.length > 0 ? `${plain}?${names.map((name) => `${name}=…`).join('&')}` : plain
}
