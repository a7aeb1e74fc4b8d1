import { Failure } from '../shell/exit.ts'
import { capture } from '../shell/processes.ts'
import type { K6 } from './find.ts'
import { type Inspected, inspectedIn, type Planned } from './inspected.ts'
import { messageIn } from './log.ts'

/** A plateau of the load, or a scenario of somebody's own script, as k6 read it. */
export type Stage = {
  readonly stage: string
  /** At most. */
  readonly vus: number
  /**
   * Iterations to start per second (open model), on average where the rate changes; null in a closed model, where each
   * VU waits for its answer.
   */
  readonly offered: number | null
  /** The highest of them, where the rate changes. */
  readonly peak?: number
  readonly poissonSeed?: number
  /** In a duet, whose stage it is. */
  readonly side?: string
  readonly startMs: number
  /** At most, where iterations are counted. */
  readonly durationMs: number
  /** Where they are counted: of all VUs together. */
  readonly iterations?: number
}

/**
 * Lets k6 read the options of a script, so that the load is described only once and a broken script fails before any
 * load.
 * @param at the folder that the script's paths start from
 */
export async function inspect(
  k6: K6,
  script: string,
  env: NodeJS.ProcessEnv,
  { signal, at }: { readonly signal?: AbortSignal; readonly at?: string } = {},
): Promise<Inspected> {
  const { code, stdout, stderr } = await capture(k6.path, ['inspect', '--include-system-env-vars', '-'], {
    env,
    input: script,
    timeoutMs: 30_000,
    signal,
    ...(at !== undefined && { cwd: at }),
  })
  if (signal?.aborted) throw new Failure('interrupted', 'interrupted before the load started')
  if (code !== 0)
    throw new Failure('usage', `k6 does not accept the script: ${messageIn(stderr) || 'it took over 30 s'}`)
  return inspectedIn(stdout)
}

/** The stages of a built-in script, in order of their start. */
export const stagesIn = ({ scenarios }: Pick<Inspected, 'scenarios'>): Stage[] =>
  Object.values(scenarios)
    .map((scenario): Stage => {
      const { OFFERED: offered, POISSON_SEED: seed } = scenario.env ?? {}
      const { stage = '', side } = scenario.tags ?? {}
      const { iterations: _, ...size } = sizeOf(scenario)
      return {
        ...size,
        stage,
        ...(side !== undefined && { side }),
        ...(seed !== undefined && { poissonSeed: Number(seed) }),
        offered: offered === undefined ? size.offered : Number(offered),
      }
    })
    .sort((a, b) => a.startMs - b.startMs)

/** The k6 scenarios of a script by their names, in order of their start. */
export const scenariosIn = ({ scenarios }: Pick<Inspected, 'scenarios'>): Stage[] =>
  Object.entries(scenarios)
    .map(([stage, scenario]) => ({ stage, ...sizeOf(scenario) }))
    .sort((a, b) => a.startMs - b.startMs)

// k6's own defaults: https://grafana.com/docs/k6/latest/using-k6/scenarios/executors/
function sizeOf(scenario: Planned): Omit<Stage, 'stage'> {
  const { vus, preAllocatedVUs, maxVUs, startTime, duration, maxDuration = null, rate } = scenario
  const levels = (scenario.stages ?? []).map(({ duration, target }) => ({
    ms: milliseconds(duration),
    target,
  }))
  const lengthMs = levels.reduce((sum, { ms }) => sum + ms, 0)
  const startMs = milliseconds(startTime)
  const unitMs = milliseconds(scenario.timeUnit) || 1000
  const most = Number(maxVUs ?? preAllocatedVUs ?? vus ?? 1)
  switch (scenario.executor) {
    case 'ramping-vus': {
      const start = Number(scenario.startVUs ?? 1)
      const top = levels.reduce((most, { target }) => Math.max(most, target), start)
      return { vus: top, offered: null, startMs, durationMs: lengthMs }
    }
    case 'ramping-arrival-rate': {
      let from = Number(scenario.startRate ?? 0)
      let iterations = 0
      for (const { ms, target } of levels) {
        iterations += (((from + target) / 2) * ms) / unitMs
        from = target
      }
      const offered = lengthMs > 0 ? Number(((iterations * 1000) / lengthMs).toPrecision(6)) : 0
      const highest = levels.reduce(
        (most, { target }) => Math.max(most, target),
        Number(scenario.startRate ?? 0),
      )
      return { vus: most, offered, peak: (highest * 1000) / unitMs, startMs, durationMs: lengthMs }
    }
    case 'constant-arrival-rate':
      return {
        vus: most,
        offered: (Number(rate) * 1000) / unitMs,
        startMs,
        durationMs: milliseconds(duration),
      }
    case 'shared-iterations':
    case 'per-vu-iterations': {
      const iterations =
        Number(scenario.iterations ?? 1) * (scenario.executor === 'per-vu-iterations' ? most : 1)
      return { vus: most, offered: null, startMs, durationMs: milliseconds(maxDuration ?? '10m'), iterations }
    }
    default:
      return { vus: most, offered: null, startMs, durationMs: milliseconds(duration) }
  }
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
