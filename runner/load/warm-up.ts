import { setTimeout as sleep } from 'node:timers/promises'
import { quantity } from '../../analysis/formats/words.ts'
import { withCredentials } from '../shell/credentials.ts'
import { type Shell, userPath } from '../shell/shell.ts'
import { ask } from '../targets/ask.ts'
import type { Way } from '../targets/dial.ts'
import type { Reach } from '../targets/reach.ts'
import type { Target } from '../targets/target.ts'
import { type Trust, trustOf } from '../targets/trust.ts'
import { withBody } from './body.ts'
import { readRequests } from './data.ts'
import type { LoadOptions } from './options.ts'
import { proxyFor } from './proxy.ts'
import { plannedRequest, sentRequest, tokenFor } from './request.ts'
import type { PlannedRequest } from './template.ts'

/**
 * How many requests reach each of `pods` with a chance of 99.9 % or more, each over a new connection, for which a
 * balancer picks a pod at random: pods · (1 − 1 / pods)^requests ≤ 0.001 (Boole's inequality).
 */
export const reachingAll = (pods: number): number =>
  pods < 2 ? 1 : Math.ceil(Math.log(1000 * pods) / -Math.log(1 - 1 / pods))

// A service that takes seconds for each request is not waited for without end.
const mostMoreMs = 60_000

/** Plain data, for it may go to another machine. */
export type WarmUp = {
  readonly forMs: number
  /** URL without the path. */
  readonly base: string
  readonly reach: Reach
  readonly pods: number
  readonly requests: readonly ReturnType<typeof sentRequest>[]
}

/**
 * The requests of a warm-up: those of the load, in turn.
 * @param requests at least one
 */
export const warmUpOf = (
  options: LoadOptions,
  { url, reach, pods }: Target,
  { requests, token, forMs }: { requests: readonly PlannedRequest[]; token: string; forMs: number },
): WarmUp => ({
  ...{ forMs, reach, base: url.href.replace(/\/$/, ''), pods: pods?.() ?? 1 },
  requests: requests.map((request) => sentRequest(options, request, token)),
})

/**
 * The same requests as the load's for a while, without looking at the answers and without following them: for longer
 * where these are too few to reach every pod.
 */
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
  const way = { trust: trustOf(shell, options), proxy: proxy?.hop }
  await Promise.all(
    targets.map((target) => askAgain(shell, warmUpOf(options, target, { requests, token, forMs }), way)),
  )
}

/** Makes a warm-up, which says where it may have missed a pod. */
export async function askAgain(
  { signal, say }: Pick<Shell, 'signal' | 'say'>,
  { forMs, base, reach, pods, requests }: WarmUp,
  way: { readonly trust: Trust; readonly proxy?: Way['proxy'] },
): Promise<void> {
  const until = performance.now() + forMs
  let [sent, answers] = [0, 0]
  const reached = () => answers >= reachingAll(pods)
  const goesOn = () => {
    const now = performance.now()
    return now < until || (now < until + mostMoreMs && answers > 0 && !reached())
  }
  const loop = async () => {
    while (goesOn() && !signal.aborted) {
      const request = requests[sent++ % requests.length] as (typeof requests)[number]
      const { url, headers } = withCredentials(base + request.path)
      const question = {
        ...{ ...request, ...way, reach },
        headers: { ...headers, ...request.headers },
        signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
      }
      const answered = await ask(url, question)
        .then((answer) => answer.text(Infinity))
        .catch(() => null)
      if (answered !== null) answers++
      else await sleep(100, undefined, { signal }).catch(() => {})
    }
  }
  await Promise.all(Array.from({ length: 8 }, loop))
  if (answers > 0 && !reached() && !signal.aborted)
    say(
      `the warm-up made ${quantity(answers, 'request')}: too few to be sure that each of the ${pods} pods had one`,
    )
}
