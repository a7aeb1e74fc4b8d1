import { Failure } from '../shell/exit.ts'
import { capture } from '../shell/processes.ts'
import type { K6 } from './find.ts'
import { scenariosIn } from './inspected.ts'
import { messageIn } from './log.ts'

/** A plateau of the load as k6 read it from the script. */
export type Stage = {
  readonly stage: string
  readonly vus: number
  /**
   * Iterations to start per second (open model); null in a closed model, where each VU waits for its answer.
   */
  readonly offered: number | null
  readonly poissonSeed?: number
  /** In a duet, whose stage it is. */
  readonly side?: string
  readonly startMs: number
  readonly durationMs: number
}

/**
 * Lets k6 read the stages from the script, in order of their start, so that the load is described only once
 * and a broken script fails before any load.
 */
export async function inspect(
  k6: K6,
  script: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Stage[]> {
  const { code, stdout, stderr } = await capture(k6.path, ['inspect', '--include-system-env-vars', '-'], {
    env,
    input: script,
    timeoutMs: 30_000,
    signal,
  })
  if (signal?.aborted) throw new Failure('interrupted', 'interrupted before the load started')
  if (code !== 0)
    throw new Failure('usage', `k6 does not accept the script: ${messageIn(stderr) || 'it took over 30 s'}`)
  return Object.values(scenariosIn(stdout))
    .map(({ tags, env, vus, maxVUs, rate, timeUnit, startTime, duration, maxDuration }) => {
      const perSecond =
        rate === undefined ? undefined : (Number(rate) * 1000) / (milliseconds(timeUnit) || 1000)
      const { OFFERED: offered = perSecond, POISSON_SEED: seed } = (env ?? {}) as Record<
        string,
        string | undefined
      >
      const { stage = '', side } = (tags ?? {}) as { stage?: string; side?: string }
      return {
        stage,
        ...(side !== undefined && { side }),
        vus: Number(vus ?? maxVUs ?? 1),
        offered: offered === undefined ? null : Number(offered),
        ...(seed !== undefined && { poissonSeed: Number(seed) }),
        startMs: milliseconds(startTime),
        durationMs: milliseconds(duration ?? maxDuration),
      }
    })
    .sort((a, b) => a.startMs - b.startMs)
}

/** Milliseconds of a duration as Go and our flags write it ("1m30s", "500ms"); 0 for anything else. */
export function milliseconds(duration: unknown): number {
  const unitMs: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, µs: 0.001 }
  let total = 0
  for (const [, value, unit = ''] of String(duration ?? '').matchAll(/([\d.]+)(ms|µs|h|m|s)/g)) {
    total += Number(value) * (unitMs[unit] ?? 0)
  }
  return total
}
