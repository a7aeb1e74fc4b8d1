import { parseResources } from '../../analysis/formats/resources.ts'
import type { Desired } from '../cluster/deployment.ts'
import type { Levels } from './target.ts'

type Resources = {
  readonly limits?: Readonly<Record<string, string>>
  readonly requests?: Readonly<Record<string, string>>
}

/** What a deployment should run with these levels: all else as it was. */
export function withLevels(before: Desired, levels: Levels): Desired {
  const { replicas, image, cpu, memory, env = {} } = levels
  const entries = Object.entries(env).map(([name, value]) => [name, { name, value }])
  return {
    ...before,
    ...(replicas !== undefined && { replicas }),
    ...(image !== undefined && { image }),
    ...((cpu !== undefined || memory !== undefined) && {
      resources: withLimits({ ...before.resources }, { ...(cpu && { cpu }), ...(memory && { memory }) }),
    }),
    env: { ...before.env, ...Object.fromEntries(entries) },
  }
}

/** A request above its limit would be refused, so it becomes the limit. */
function withLimits(
  resources: Resources & Readonly<Record<string, unknown>>,
  limits: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const requests = Object.entries(resources.requests ?? {}).map(([name, request]): [string, string] => {
    const limit = limits[name]
    return [name, limit !== undefined && amount(request) > amount(limit) ? limit : request]
  })
  return {
    ...resources,
    limits: { ...resources.limits, ...limits },
    ...(resources.requests && { requests: Object.fromEntries(requests) }),
  }
}

const amount = (text: string): number => parseResources(text) ?? 0

/** Whether it is known how all of these were. */
export const covers = (before: Desired, { cpu, memory, env = {} }: Levels): boolean =>
  ((cpu === undefined && memory === undefined) || before.resources !== undefined) &&
  Object.keys(env).every((name) => before.env !== undefined && Object.hasOwn(before.env, name))
