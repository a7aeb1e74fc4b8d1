import os from 'node:os'
import { z } from 'zod'
import { limits } from './limits.ts'

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most)

/** What the service can be told by its environment; each name is also the variable's name. */
const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65_535).default(8080),
  STRESSTIME: z.coerce.number().positive().default(60),
  STRESS_MAX_SECONDS: z.coerce.number().positive().default(3600),
  STRESS_MAX_JOBS: whole(1, 10_000).default(100),
  WORK_MAX_MS: z.coerce.number().positive().default(10_000),
  WORK_MAX_QUEUE: whole(1, 1_000_000).default(1000),
  WORK_THREADS: whole(1, 1024).default(Math.ceil(limits().cpuCores)),
  WORK_UNITS_PER_MS: z.coerce.number().positive().optional(),
  POD_NAME: z.string().optional(),
  POD_NAMESPACE: z.string().optional(),
  NODE_NAME: z.string().optional(),
})

export type Config = z.infer<typeof Environment>

/** The names that `/insight` may show; nothing else of the environment ever leaves the process. */
export const shownVariables = Object.keys(Environment.shape)

/** @throws an Error of one sentence naming the variable when a value makes no sense. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = Environment.safeParse(set)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const name = String(issue?.path[0])
  throw new Error(`${name}="${environment[name]}": ${issue?.message}; correct it or leave it unset`)
}

export const host = os.hostname()
