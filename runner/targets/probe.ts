import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import { Failure } from '../shell/exit.ts'
import { shownUrl, withCredentials } from './credentials.ts'

export type ProbeRequest = {
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
  const send = request.insecure && url.protocol === 'https:' ? fetchInsecurely : fetch
  const response = await send(url, {
    method: request.method,
    body: request.body,
    headers: { ...headers, ...request.headers },
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
  }).catch((error: Error & { cause?: NodeJS.ErrnoException }) => {
    if (signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
    throw new Failure(
      'environment',
      `${shownUrl(url)} does not answer (${words(error)}); ${
        /CERT|SIGNATURE/.test(error.cause?.code ?? '')
          ? '--insecure accepts any certificate'
          : 'is the service running there?'
      }`,
    )
  })
  await response.body?.cancel()
  if (request.expected.some(([from, to]) => response.status >= from && response.status <= to)) return
  const location = response.headers.get('location')
  if (location)
    throw new Failure(
      'environment',
      `${shownUrl(url)} redirects to ${location}; point --url and --path there`,
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

type Init = {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string | null
  readonly signal: AbortSignal
}

/** As fetch does it, which cannot accept every certificate; without the body of the answer. */
async function fetchInsecurely(url: URL, { body, ...options }: Init): Promise<Response> {
  const request = https.request(url, { ...options, rejectUnauthorized: false }).end(body ?? undefined)
  try {
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    const { location } = answer.headers
    return new Response(null, { status: answer.statusCode ?? 0, ...(location && { headers: { location } }) })
  } catch (error) {
    throw Object.assign(error as Error, { cause: error })
  } finally {
    request.destroy()
  }
}

function words(error: Error & { cause?: NodeJS.ErrnoException }): string {
  const codes: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection reset',
    EHOSTUNREACH: 'host unreachable',
    UND_ERR_SOCKET: 'connection closed',
  }
  if (error.name === 'TimeoutError') return 'no answer within 30 s'
  return codes[error.cause?.code ?? ''] ?? error.cause?.message ?? error.message
}
