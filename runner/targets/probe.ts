import { shownUrl, withCredentials } from '../shell/credentials.ts'
import { Failure } from '../shell/exit.ts'
import { ask } from './ask.ts'
import { OutOfReach, type Way } from './dial.ts'
import type { Reach } from './reach.ts'
import type { Trust } from './trust.ts'

export type ProbeRequest = {
  readonly reach: Reach
  readonly path: string
  readonly method: string
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
  /** Ranges of statuses, from and to, that are not errors. */
  readonly expected: readonly (readonly [number, number])[]
  /** What the body must contain. */
  readonly expectBody?: string | undefined
  readonly trust?: Trust
  readonly proxy?: Way['proxy']
}

/** Makes one request before the load; a Failure says why a load of this target would measure nothing. */
export async function probe(base: string, request: ProbeRequest, signal: AbortSignal): Promise<void> {
  const { url, headers } = withCredentials(base + request.path)
  const through = request.proxy ? ` through the proxy ${request.proxy.url.origin}` : ''
  const response = await ask(url, {
    ...request,
    headers: { ...headers, ...request.headers },
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EMFILE') throw error
    if (error.code === 'ERR_INVALID_CHAR')
      throw new Failure(
        'usage',
        '--header: a value has a character that no header can hold; percent-encode it',
      )
    if (signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
    if (error.code === 'EADDRNOTAVAIL')
      throw new Failure(
        'environment',
        `${shownUrl(url)}: this machine has no free port for a connection to it, since each waits for a minute after earlier loads; try again then`,
      )
    if (error instanceof OutOfReach)
      throw new Failure('usage', `${shownUrl(url)}: its name resolves anew, and now ${error.message}`)
    throw new Failure(
      'environment',
      `${shownUrl(url)} does not answer${through} (${words(error)}); ${
        /CERT|SIGNATURE/.test(error.code ?? '')
          ? '--ca names a file with its authority, --insecure accepts any certificate'
          : through
            ? 'do the proxy and the service run there?'
            : 'is the service running there?'
      }`,
    )
  })
  const { expectBody } = request
  if (request.expected.some(([from, to]) => response.status >= from && response.status <= to)) {
    const body = expectBody === undefined ? null : await response.text(Infinity).catch(() => '')
    response.close()
    if (body === null || body.includes(expectBody ?? '')) return
    throw new Failure(
      'environment',
      `${shownUrl(url)} answers ${response.status}, but the body does not contain the text of --expect-body`,
    )
  }
  response.close()
  const { location } = response
  if (location)
    throw new Failure(
      'environment',
      // Its query may hold a token.
      `${shownUrl(url)} redirects to ${URL.canParse(location, url.href) ? shownUrl(new URL(location, url)) : 'somewhere else'}; point --url and --path there`,
    )
  const advice: Record<number, string> = {
    401: '; STRESS_TOKEN is for the bundled workload, TARGET_TOKEN for your service with --path, user and password belong in --url',
    407: '; user and password of the proxy belong in its variable',
    404: '; --path names what to request from your service',
  }
  throw new Failure(
    'environment',
    `${shownUrl(url)} answers ${response.status}${through}, expected 2xx (change with --expect-status)${advice[response.status] ?? ''}`,
  )
}

function words(error: NodeJS.ErrnoException): string {
  const codes: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection reset',
    EHOSTUNREACH: 'host unreachable',
  }
  const { name, cause } = error as Error
  if ([name, (cause as Error | undefined)?.name].includes('TimeoutError')) return 'no answer within 30 s'
  return codes[error.code ?? ''] ?? error.message
}
