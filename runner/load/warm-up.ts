import { setTimeout as sleep } from 'node:timers/promises'
import { withCredentials } from '../shell/credentials.ts'
import { type Shell, userPath } from '../shell/shell.ts'
import { ask } from '../targets/ask.ts'
import type { Target } from '../targets/target.ts'
import { trustOf } from '../targets/trust.ts'
import { withBody } from './body.ts'
import { readRequests } from './data.ts'
import type { LoadOptions } from './options.ts'
import { proxyFor } from './proxy.ts'
import { plannedRequest, sentRequest, tokenFor } from './request.ts'

/** The same requests as the load's for a while, without looking at the answers and without following them. */
export async function warmUp(
  shell: Shell,
  given: LoadOptions,
  targets: readonly Target[],
  forMs: number,
): Promise<void> {
  const urls = targets.map(({ url }) => url)
  const proxy = given.proxy ? await proxyFor(shell.env, urls) : null
  if (proxy && !proxy.hop) return shell.say('no warm-up: our own requests do not speak SOCKS')
  const options = await withBody(shell, given)
  const plain = plannedRequest(options)
  const { requests } = options.data
    ? await readRequests(userPath(shell, options.data), plain)
    : { requests: [plain] }
  const token = await tokenFor(shell, options, targets)
  const trust = trustOf(shell, options)
  const until = performance.now() + forMs
  let sent = 0
  const loop = async ({ url: { href }, reach }: Target) => {
    while (performance.now() < until && !shell.signal.aborted) {
      const request = sentRequest(options, requests[sent++ % requests.length] ?? plain, token)
      const { url, headers } = withCredentials(href.replace(/\/$/, '') + request.path)
      const signal = AbortSignal.any([shell.signal, AbortSignal.timeout(10_000)])
      const question = {
        ...request,
        headers: { ...headers, ...request.headers },
        reach,
        trust,
        signal,
        proxy: proxy?.hop,
      }
      const answered = await ask(url, question)
        .then((answer) => answer.text(Infinity))
        .catch(() => null)
      if (answered === null) await sleep(100, undefined, { signal: shell.signal }).catch(() => {})
    }
  }
  await Promise.all(targets.flatMap((target) => Array.from({ length: 8 }, () => loop(target))))
}
