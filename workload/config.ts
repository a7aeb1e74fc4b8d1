import os from 'node:os'
import { z } from 'zod'
import { controlGroup, type Limits } from './cgroup.ts'
import { issueWords } from './words.ts'

const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max)
const seconds = z.coerce.number().positive().max(86_400)

/** The environment variables by name; `--help` prints the descriptions and defaults. */
const variables = z.object({
  HOST: z.string().default('127.0.0.1').describe('address to listen on'),
  HOST_NAMES: z
    .string()
    .optional()
    .transform((list) =>
      list
        ?.toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    )
    .describe('names that clients call this service by, with commas between; * for any (default: see below)'),
  PORT: integer(0, 65_535).default(8080).describe('port to listen on; 0: any free one'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('debug, info, warn, error or silent'),
  DRAIN_DELAY_MS: integer(0, 600_000)
    .default(0)
    .describe('after SIGTERM, keep serving this long for load balancers to notice'),
  DRAIN_MS: integer(0, 600_000).default(10_000).describe('then wait this long for open requests'),
  MAX_BODY_KIB: integer(1, 1024).default(64).describe('largest request body'),
  REQUEST_TIMEOUT_MS: integer(100, 600_000).default(30_000).describe('longest time to receive a request'),
  STRESSTIME: seconds.optional().describe('seconds of a load that names none (default: 60)'),
  STRESS_MAX_SECONDS: seconds.default(3600).describe('longest load'),
  STRESS_MAX_CORES: integer(1, 1024).optional().describe('cores of a load at most (default: the CPU limit)'),
  STRESS_MAX_JOBS: integer(1, 10_000).default(100).describe('loads that may run at once'),
  STRESS_MAX_MEMORY_MIB: integer(0, 2 ** 31)
    .optional()
    .describe('memory of all loads at most (default: half of the memory limit)'),
  STRESS_TOKEN: z
    .string()
    .min(8)
    .regex(
      /^[\w.~+/-]+=*$/,
      'has a character that a bearer token cannot have (a space or line break at its end?); allowed are letters, digits, - . _ ~ + /, and = at the end',
    )
    .optional()
    .describe('bearer token that /work and /stress require (default: none)'),
  WORK_MAX_MS: z.coerce.number().positive().max(600_000).default(10_000).describe('longest work request'),
  WORK_MAX_QUEUE: integer(1, 1_000_000).default(1000).describe('work requests that may wait'),
  WORK_MAX_PAYLOAD_KIB: integer(0, 65_536).default(1024).describe('largest response payload'),
  WORK_THREADS: integer(1, 1024).optional().describe('threads for work requests (default: the CPU limit)'),
  WORK_UNITS_PER_MS: z.coerce
    .number()
    .positive()
    .max(1e6)
    .optional()
    .describe('units of work per CPU ms (default: calibrated at start)'),
  POD_NAME: z.string().optional().describe('name of this pod'),
  POD_NAMESPACE: z.string().optional().describe('its namespace'),
  NODE_NAME: z.string().optional().describe('its node'),
})

type Dependent = 'STRESSTIME' | 'STRESS_MAX_CORES' | 'STRESS_MAX_MEMORY_MIB' | 'WORK_THREADS'
type Variables = z.infer<typeof variables>
export type Config = Variables & { readonly [Name in Dependent]: number }

/** Variables that `/insight` may show; it never shows any others. */
export const shownVariables = Object.keys(variables.shape).filter((name) => name !== 'STRESS_TOKEN')

/** One line per variable, for `--help`. */
export const variablesHelp = (): string[] =>
  Object.entries(z.toJSONSchema(variables, { io: 'input' }).properties ?? {}).map(([name, property]) => {
    const { description, default: value } = property as { description: string; default?: unknown }
    return `${name.padEnd(22)} ${description}${value === undefined ? '' : ` (default: ${value})`}`
  })

/**
 * The configuration in the environment; an empty value counts as unset.
 * @throws an Error whose message is one sentence that names the invalid variable.
 */
export function readConfig(
  environment: NodeJS.ProcessEnv,
  { cpuCores, memoryMiB }: Limits = controlGroup().limits(),
): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = variables.safeParse(set)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const name = String(issue?.path[0])
    const shown = name === 'STRESS_TOKEN' ? name : `${name}="${environment[name]}"`
    throw new Error(`${shown}: ${issue && issueWords(issue)}; correct it or leave it unset`)
  }
  const { STRESS_MAX_SECONDS } = parsed.data
  const config: Config = {
    ...parsed.data,
    STRESSTIME: parsed.data.STRESSTIME ?? Math.min(60, STRESS_MAX_SECONDS),
    STRESS_MAX_CORES: parsed.data.STRESS_MAX_CORES ?? Math.ceil(cpuCores),
    STRESS_MAX_MEMORY_MIB: parsed.data.STRESS_MAX_MEMORY_MIB ?? Math.floor(memoryMiB / 2),
    WORK_THREADS: parsed.data.WORK_THREADS ?? Math.ceil(cpuCores),
  }
  if (config.STRESSTIME > STRESS_MAX_SECONDS) {
    throw new Error(
      `STRESSTIME=${config.STRESSTIME} is more than STRESS_MAX_SECONDS=${STRESS_MAX_SECONDS}; lower the first or raise the second`,
    )
  }
  if (config.STRESS_MAX_MEMORY_MIB > memoryMiB) {
    throw new Error(
      `STRESS_MAX_MEMORY_MIB=${config.STRESS_MAX_MEMORY_MIB} is more than the memory limit of ${memoryMiB} MiB; lower it or leave it unset`,
    )
  }
  return config
}

export const hostname = os.hostname()
