import os from 'node:os'
import { z } from 'zod'
import { limits } from './cgroup.ts'

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most)
const seconds = z.coerce.number().positive().max(86_400)
const { cpuCores, memoryMiB } = limits()

/** What the service can be told by its environment; each name is also the variable's name. */
const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65_535).default(8080),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Between "not ready" and taking no new connection: as long as a balancer needs to hear of it. */
  DRAIN_DELAY_MS: whole(0, 600_000).default(0),
  DRAIN_MS: whole(0, 600_000).default(10_000),
  MAX_BODY_KIB: whole(1, 1024).default(64),
  REQUEST_TIMEOUT_MS: whole(100, 600_000).default(30_000),
  STRESSTIME: seconds.optional(),
  STRESS_MAX_SECONDS: seconds.default(3600),
  STRESS_MAX_CORES: whole(1, 1024).default(Math.ceil(cpuCores)),
  STRESS_MAX_JOBS: whole(1, 10_000).default(100),
  STRESS_MAX_MEMORY_MIB: whole(0, memoryMiB).default(Math.floor(memoryMiB / 2)),
  STRESS_TOKEN: z.string().min(8).optional(),
  WORK_MAX_MS: z.coerce.number().positive().max(600_000).default(10_000),
  WORK_MAX_QUEUE: whole(1, 1_000_000).default(1000),
  WORK_MAX_PAYLOAD_KIB: whole(0, 65_536).default(1024),
  WORK_THREADS: whole(1, 1024).default(Math.ceil(cpuCores)),
  WORK_UNITS_PER_MS: z.coerce.number().positive().max(1e6).optional(),
  POD_NAME: z.string().optional(),
  POD_NAMESPACE: z.string().optional(),
  NODE_NAME: z.string().optional(),
})

export type Config = z.infer<typeof Environment> & { readonly STRESSTIME: number }

/** The names that `/insight` may show; nothing else of the environment ever leaves the process. */
export const shownVariables = Object.keys(Environment.shape).filter((name) => name !== 'STRESS_TOKEN')

/** @throws an Error of one sentence naming the variable when a value makes no sense. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = Environment.safeParse(set)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const name = String(issue?.path[0])
    const shown = name === 'STRESS_TOKEN' ? name : `${name}="${environment[name]}"`
    throw new Error(`${shown}: ${issue?.message}; correct it or leave it unset`)
  }
  const { STRESS_MAX_SECONDS: most, STRESSTIME: usual = Math.min(60, most) } = parsed.data
  if (usual > most) {
    throw new Error(
      `STRESSTIME=${usual} is more than STRESS_MAX_SECONDS=${most}; lower the one or raise the other`,
    )
  }
  return { ...parsed.data, STRESSTIME: usual }
}

export const host = os.hostname()
