import { request } from 'node:http'

/** Where k6's REST API is: a port of this machine, or a socket behind which a path leads to it. */
export type ApiPlace =
  | { readonly port: number }
  | {
      readonly socketPath: string
      readonly prefix: string
      readonly headers: Readonly<Record<string, string>>
    }

/**
 * Asks k6's REST API (`v1/status` and others, https://grafana.com/docs/k6/latest/misc/k6-rest-api/) and gives the
 * attributes of the answer. Rejects with k6's own words where it refuses.
 */
export type Api = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  path: string,
  body: unknown,
  signal: AbortSignal,
) => Promise<Readonly<Record<string, unknown>>>

type Document = {
  readonly data?: { readonly attributes?: Readonly<Record<string, unknown>> }
  readonly errors?: readonly { readonly title?: string; readonly detail?: string }[]
}

/** k6's answers are short but for what setup() returned. */
const longest = 64 * 1024 * 1024

export const apiAt =
  (place: ApiPlace): Api =>
  (method, path, body, signal) =>
    new Promise((resolve, reject) => {
      const local = { host: '127.0.0.1', prefix: '', headers: {} }
      const { prefix, headers: own, ...where } = 'port' in place ? { ...local, ...place } : place
      const text = body === undefined ? '' : JSON.stringify(body)
      const headers = {
        ...own,
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(text),
      }
      const options = { ...where, path: `${prefix}/${path}`, method, headers, signal, agent: false }
      const sent = request(options, (response) => {
        let answered = ''
        response.setEncoding('utf8').on('error', reject)
        response.on('data', (part: string) => {
          answered += part
          if (answered.length > longest) response.destroy(new Error('the answer is too long'))
        })
        response.on('end', () => {
          const { data, errors, ...other } = documentOf(answered)
          const [error] = errors ?? []
          if (response.statusCode === 200) return resolve(data?.attributes ?? {})
          reject(
            new Error(error?.detail ?? error?.title ?? messageOf(other) ?? `HTTP ${response.statusCode}`),
          )
        })
      })
      sent.on('error', reject)
      sent.end(text)
    })

/** What stands between, such as an API server, answers in its own words. */
const messageOf = (other: object): string | undefined =>
  'message' in other && typeof other.message === 'string' ? other.message : undefined

function documentOf(text: string): Document {
  try {
    return JSON.parse(text || '{}') as Document
  } catch {
    return {}
  }
}
