import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { Failure } from '../shell/exit.ts'
import type { Shell } from '../shell/shell.ts'

/** Where a pull or merge request is discussed. */
export type Forge = {
  readonly name: string
  /** Writes the comment that begins with the marker: changes it where there is one. Gives its address. */
  comment(marker: string, text: string): Promise<{ readonly url: string; readonly updated: boolean }>
}

const Comments = z.array(z.object({ id: z.number(), body: z.string().nullable().optional() }))
const Written = z.object({ html_url: z.string().optional(), id: z.number() })

/**
 * The forge that a CI job runs on, by its variables; `number` of the request where it is not that of the job.
 * @throws a Failure that says which variable is missing
 */
export function forgeOf(shell: Shell, number: number | undefined): Forge {
  const { env } = shell
  if (env.CI_MERGE_REQUEST_IID || (env.CI_PROJECT_ID && env.CI_API_V4_URL)) {
    const request = number ?? env.CI_MERGE_REQUEST_IID
    if (!request) throw missing('CI_MERGE_REQUEST_IID, or --number')
    const api = needed(env, 'CI_API_V4_URL')
    const notes = `${api}/projects/${needed(env, 'CI_PROJECT_ID')}/merge_requests/${request}/notes`
    return forge(shell, {
      name: 'GitLab',
      comments: notes,
      one: (id) => `${notes}/${id}`,
      method: 'PUT',
      headers: { 'private-token': needed(env, 'GITLAB_TOKEN') },
      address: (id) =>
        env.CI_MERGE_REQUEST_PROJECT_URL
          ? `${env.CI_MERGE_REQUEST_PROJECT_URL}/-/merge_requests/${request}#note_${id}`
          : `note ${id}`,
      advice: 'GITLAB_TOKEN needs the scope api',
    })
  }
  const repository = needed(env, 'GITHUB_REPOSITORY')
  const request = number ?? requestOf(env.GITHUB_EVENT_PATH)
  if (request === null) throw missing('a pull request in GITHUB_EVENT_PATH, or --number')
  const token = env.GITHUB_TOKEN || env.GH_TOKEN
  if (!token) throw missing('GITHUB_TOKEN')
  const issues = `${env.GITHUB_API_URL || 'https://api.github.com'}/repos/${repository}/issues`
  return forge(shell, {
    name: 'GitHub',
    comments: `${issues}/${request}/comments`,
    one: (id) => `${issues}/comments/${id}`,
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    },
    address: (id) => `comment ${id}`,
    advice: 'the job needs the permission pull-requests: write',
  })
}

type Api = {
  readonly name: string
  readonly comments: string
  readonly one: (id: number) => string
  readonly method: 'PATCH' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly address: (id: number) => string
  readonly advice: string
}

const perPage = 100
/** Ten thousand comments: nobody reads so many. */
const mostPages = 100

function forge(shell: Shell, api: Api): Forge {
  const ask = (url: string, method = 'GET', body?: string) => asked(shell, api, url, method, body)
  const find = async (marker: string): Promise<number | null> => {
    for (let page = 1; page <= mostPages; page++) {
      const comments = Comments.parse(await ask(`${api.comments}?per_page=${perPage}&page=${page}`))
      const ours = comments.find(({ body }) => body?.startsWith(marker))
      if (ours) return ours.id
      if (comments.length < perPage) return null
    }
    return null
  }
  return {
    name: api.name,
    async comment(marker, text) {
      const body = JSON.stringify({ body: `${marker}\n${text}` })
      const id = await find(marker)
      const answer = await (id === null
        ? ask(api.comments, 'POST', body)
        : ask(api.one(id), api.method, body))
      const written = Written.parse(answer)
      return { url: written.html_url ?? api.address(written.id), updated: id !== null }
    },
  }
}

const attempts = 4

/** An answer of the API as JSON; asked again after a while where the forge is busy. Never says the token. */
async function asked(shell: Shell, api: Api, url: string, method: string, body?: string): Promise<unknown> {
  const headers = { ...api.headers, 'content-type': 'application/json', 'user-agent': 'load-and-stress' }
  for (let attempt = 1; ; attempt++) {
    const signal = AbortSignal.any([shell.signal, AbortSignal.timeout(30_000)])
    const response = await fetch(url, { method, headers, signal, ...(body !== undefined && { body }) }).catch(
      (error: Error) => error,
    )
    if (shell.signal.aborted) throw new Failure('interrupted', `interrupted while asking ${api.name}`)
    // A comment that may have been written must not be written twice.
    const again = method !== 'POST' || (!(response instanceof Error) && response.status === 429)
    const busy = response instanceof Error || response.status === 429 || response.status >= 500
    if (busy && again && attempt < attempts) {
      await sleep(attempt * 1000, undefined, { signal: shell.signal }).catch(() => {})
      continue
    }
    const host = new URL(url).host
    if (response instanceof Error)
      throw new Failure('environment', `${api.name} (${host}) does not answer: ${reason(response)}`)
    if (response.ok) return response.json()
    const advice = [401, 403, 404].includes(response.status) ? `; ${api.advice}` : ''
    throw new Failure(
      'environment',
      `${api.name} (${host}) answered ${response.status} to ${method}${advice}`,
    )
  }
}

const reason = ({ message, cause }: Error): string => (cause instanceof Error ? cause.message : message)

const Event = z.object({ pull_request: z.object({ number: z.number() }) })

/** The number of the pull request that a job of GitHub runs for; null where it runs for something else. */
function requestOf(file: string | undefined): number | null {
  if (!file) return null
  try {
    return Event.parse(JSON.parse(readFileSync(file, 'utf8'))).pull_request.number
  } catch {
    return null
  }
}

function needed(env: Shell['env'], name: string): string {
  const value = env[name]
  if (!value) throw missing(name)
  return value
}

const missing = (what: string): Failure =>
  new Failure('usage', `cannot comment: no ${what}; in a job of GitHub or GitLab it is there`)
