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
import { checkStages } from './limits.ts'
import type { Prepared } from './measure.ts'
import { type LoadOptions, requestPath } from './options.ts'
import { proxyFor } from './proxy.ts'
import { asked, isWorkload, plannedRequest, sentRequest, tokenFor } from './request.ts'
import type { Script } from './script.ts'
import { scriptSettings } from './settings.ts'
import { needNoData } from './template.ts'

/** Checks one request against each target, and the load of a built-in scenario, before anything is loaded. */
export async function prepareBuiltIn(
  shell: Shell,
  k6: K6,
  { name, text }: Script,
  targets: readonly Target[],
  given: LoadOptions,
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
        checkStages(stagesIn(found)),
      ),
      ...(proxy && !proxy.hop ? [] : targets).map(({ reach }, index) =>
        probe(
          bases[index] ?? '',
          { ...sent, reach, expected, expectBody: options.expectBody, trust, proxy: proxy?.hop },
          shell.signal,
        ),
      ),
    ])
    return {
      settings,
      stages,
      load: {
        request: requestWords(name, options, data),
        connections: options.keepConnections ? 'kept' : 'one per iteration',
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
