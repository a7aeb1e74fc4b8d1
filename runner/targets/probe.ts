import { shownUrl, withCredentials } from '../shell/credentials.ts'
import { Failure } from '../shell/exit.ts'
import { ask, OutOfReach } from './ask.ts'
import type { Reach } from './reach.ts'

export type ProbeRequest = {
  readonly reach: Reach
  readonly path: string
  readonly method: string
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
  /** Ranges of statuses, from and to, that are not errors. */
  readonly expected: readonly (readonly [number, number])[]
  /** Whether any TLS certificate will do. */
  readonly insecure?: boolean
}

/** Makes one request before the load; a Failure says why a load of this target would measure nothing. */
export async function probe(base: string, request: ProbeRequest, signal: AbortSignal): Promise<void> {
  const { url, headers } = withCredentials(base + request.path)
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
    if (error instanceof OutOfReach)
      throw new Failure('usage', `${shownUrl(url)}: its name resolves anew, and now ${error.message}`)
    throw new Failure(
      'environment',
      `${shownUrl(url)} does not answer (${words(error)}); ${
        /CERT|SIGNATURE/.test(error.code ?? '')
          ? '--insecure accepts any certificate'
          : 'is the service running there?'
      }`,
    )
  })
  response.close()
  if (request.expected.some(([from, to]) => response.status >= from && response.status <= to)) return
  const { location } = response
  if (location)
    throw new Failure(
      'environment',
      // Its query may hold a token.
      `${shownUrl(url)} redirects to ${URL.canParse(location, url.href) ? shownUrl(new URL(location, url)) : 'somewhere else'}; point --url and --path there`,
    )
  const advice: Record<number, string> = {
    401: '; STRESS_TOKEN is for the bundled workload, TARGET_TOKEN for your service with --path, user and password belong in --url',
    404: '; --path names what to request from your service',
  }
  throw new Failure(
    'environment',
    `${shownUrl(url)} answers ${response.status}, expected 2xx (change with --expect-status)${advice[response.status] ?? ''}`,
  )
}

function words(error: NodeJS.ErrnoException): string {
  const codes: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection reset',
    EHOSTUNREACH: 'host unreachable',
  }
  if ((error.cause as Error | undefined)?.name === 'TimeoutError') return 'no answer within 30 s'
  return codes[error.code ?? ''] ?? error.message
}
