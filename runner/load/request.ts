import { Failure } from '../shell/exit.ts'
import type { Shell } from '../shell/shell.ts'
import type { Target } from '../targets/target.ts'
import { type LoadOptions, requestPath } from './options.ts'
import type { PlannedRequest } from './template.ts'

export const plannedRequest = (options: LoadOptions): PlannedRequest => ({
  path: requestPath(options),
  body: options.body ?? null,
  headers: options.header ?? {},
})

/** For run.json: what the options ask for beside the request and its size. */
export const asked = ({ thinkTime, expectStatus, expectBody }: LoadOptions) => ({
  ...(thinkTime !== undefined && { thinkMs: thinkTime }),
  ...(expectStatus && {
    expectStatus: expectStatus.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(','),
  }),
  ...(expectBody !== undefined && { expectBody }),
})

/** Whether the load is the bundled workload's own, as the scripts decide it too. */
export const isWorkload = (options: LoadOptions): boolean => /^\/work(\?|$)/.test(requestPath(options))

/**
 * The token that the load sends: STRESS_TOKEN to the bundled workload alone, TARGET_TOKEN to a service that was named
 * with a path of its own; none otherwise. A Failure for one that no header can hold.
 */
export async function tokenFor(
  { env, say }: Pick<Shell, 'env' | 'say'>,
  options: LoadOptions,
  targets: readonly Target[],
): Promise<string> {
  const { STRESS_TOKEN = '', TARGET_TOKEN = '' } = env
  if (STRESS_TOKEN && isWorkload(options)) {
    const ours = await Promise.all(targets.map((target) => target.isOurs()))
    if (ours.every(Boolean)) return checkedToken('STRESS_TOKEN', STRESS_TOKEN)
    if (options.path === undefined)
      say('STRESS_TOKEN is not sent: this is not the bundled workload, or its /insight does not answer')
  }
  return options.path === undefined ? '' : checkedToken('TARGET_TOKEN', TARGET_TOKEN)
}

function checkedToken(name: string, token: string): string {
  // What RFC 9110 (5.5) allows in a header, and nothing beyond it.
  if (/[^\t\x20-\x7e\x80-\xff]/.test(token) || token !== token.trim())
    throw new Failure('usage', `${name} has a character, or a blank at an end, that no header can hold`)
  return token
}

/** The request as it is sent, with its method and the token. */
export const sentRequest = (options: LoadOptions, request: PlannedRequest, token: string) => ({
  ...request,
  method: options.method ?? 'GET',
  headers: { ...request.headers, ...(token && { authorization: `Bearer ${token}` }) },
})
