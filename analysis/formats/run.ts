import { z } from 'zod'
import { Generator, Merge, Process } from './generators.ts'
import { type JsonReading, numberOrNull, readJson } from './json.ts'

const Stage = z.object({
  stage: z.string().describe('the value of the k6 tag `stage`'),
  vus: z.number().describe('virtual users; the maximum number in an open model'),
  offered: numberOrNull
    .default(null)
    .describe('open model: requests that should start per second, whether or not earlier ones were answered'),
  poissonSeed: z
    .number()
    .optional()
    .describe(
      'open model: the seed of random start times, a Poisson process; absent where requests start evenly',
    ),
  startMs: z.number().describe('from the start of the test'),
  durationMs: z.number().describe('at most, where iterations are counted'),
  iterations: z.number().optional().describe('of all VUs together, where a script counts them'),
})

export const Verdict = z.object({
  kind: z.enum(['pass', 'fail', 'invalid', 'not judged']),
  reasons: z.array(z.string()).describe('why, in sentences; empty for a pass'),
})

/** What `run.json` holds: everything about a run that the summary does not say. */
export const Run = z.object({
  schema: z.literal(1),
  id: z.string().describe('the name of the result folder'),
  scenario: z.string().describe('of a script of somebody’s own, the name of its file'),
  script: z
    .object({ file: z.string(), sha256: z.string().describe('of all its files') })
    .optional()
    .describe('somebody’s own; its stages are its k6 scenarios. Absent for a built-in scenario'),
  load: z.object({
    request: z.string().describe('method and path'),
    stages: z.array(Stage).describe('plateaus of load, in order'),
    connections: z.enum(['one per iteration', 'kept', 'renewed']),
    renewedAfter: z
      .number()
      .optional()
      .describe('requests of a connection that is renewed; absent where the ports of the generator decided'),
    thinkMs: z.number().optional().describe('closed model: how long a VU paused after each answer'),
    expectStatus: z
      .string()
      .optional()
      .describe('statuses that counted as success, where not 200 to 299: 200-299,404'),
    expectBody: z.string().optional().describe('text that the body of a successful answer contained'),
    proxy: z.string().optional().describe('through which the load went, without user and password'),
  }),
  slos: z.array(
    z.object({
      figure: z.string(),
      limit: z.number(),
      tags: z.record(z.string(), z.string()).optional().describe('of what it is about; absent for the whole'),
    }),
  ),
  labels: z.record(z.string(), z.string()),
  factors: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      'what a series varied besides replicas alone, as written: replicas, cpu and memory (limits of the container), image, env.NAME',
    ),
  target: z.object({
    url: z.string().describe('without user, password and query'),
    embedded: z.boolean().describe('whether the runner started the target, on the generator’s machine'),
    workload: z
      .object({
        version: z.string(),
        host: z.string(),
        pod: z.string().nullable(),
        namespace: z.string().nullable(),
        node: z.string().nullable(),
        cpuCores: z.number(),
        memoryMiB: z.number(),
        unitsPerMs: z.number().describe('calibration: units of work per millisecond of CPU'),
      })
      .nullable()
      .describe('what /insight reported before the load; null for any other service'),
    replicas: numberOrNull.default(null).describe('how many replicas served the URL; null where unknown'),
    cluster: z
      .object({
        context: z.string().nullable().optional().describe('kube context; null inside a cluster'),
        namespace: z.string().optional(),
        deployment: z.string().optional().describe('deployment/NAME or statefulset/NAME'),
        container: z.string().optional().describe('of its pods, the one that answers'),
        nodes: numberOrNull.describe('null where they may not be seen'),
        image: z.string(),
        cpuLimit: z.string().nullable().describe('per replica, in Kubernetes’ notation'),
        memoryLimit: z.string().nullable(),
        cpuRequest: z
          .string()
          .nullable()
          .optional()
          .describe('per replica: what an autoscaler’s utilisation is of; null where unknown'),
        scaling: z
          .array(
            z.object({
              atMs: z.number().describe('from the start of the test; negative before it'),
              wanted: z.number().describe('replicas that the deployment should have'),
              ready: z.number(),
            }),
          )
          .default([])
          .describe('every change of the number of replicas; empty where it was not watched'),
        pods: z.array(
          z.object({
            name: z.string(),
            node: z.string(),
            served: numberOrNull.describe(
              '/work requests during the load; null for a pod that started or stopped during it',
            ),
            cpuCores: numberOrNull.describe('CPU used during the load'),
            cpuLimitCores: numberOrNull.optional().describe('of all its containers; null without one'),
            periods: numberOrNull
              .optional()
              .describe('scheduler periods in which its most throttled container ran'),
            throttledPeriods: numberOrNull.optional().describe('of these, in which its CPU limit stopped it'),
            maxMemoryMiB: numberOrNull.optional().describe('the largest working set that was seen'),
            maxMemoryShare: numberOrNull
              .optional()
              .describe('of the container that came nearest to its limit: 1 is the limit'),
            memoryLimitMiB: numberOrNull.optional().describe('of all its containers; null without one'),
            restarts: numberOrNull.optional().describe('of its containers during the load'),
            killedForMemory: numberOrNull.optional().describe('containers killed at their memory limit'),
            receivedMiB: numberOrNull.optional().describe('from the network during the load'),
            sentMiB: numberOrNull.optional(),
          }),
        ),
        usedNodes: z
          .array(
            z.object({
              name: z.string(),
              cores: z.number(),
              busyCores: numberOrNull.describe('CPU that everything on it used during the load'),
            }),
          )
          .optional()
          .describe('the nodes of its pods, as far as they may be seen'),
        usage: z
          .object({
            source: z
              .enum(['kubelet', 'metrics.k8s.io', 'Prometheus'])
              .nullable()
              .describe('what said how much CPU and memory the pods used'),
            note: z.string().nullable().describe('what is unknown, and why'),
          })
          .optional(),
      })
      .nullable()
      .default(null)
      .describe('the deployment behind a Kubernetes service; null elsewhere'),
    workServed: numberOrNull.describe(
      '/work requests that the target counted during the load; null unless one instance served all',
    ),
  }),
  host: z.object({
    cores: z.number(),
    cpu: z.string().nullable().default(null).describe('model of the CPU'),
    memoryMiB: z.number(),
    kernel: z.string(),
    node: z.string(),
    k6: z.string(),
  }),
  commit: z.string().nullable().describe('git commit of the folder in which the run was started'),
  startedAt: z.string(),
  endedAt: z.string(),
  interrupted: z.boolean(),
  k6: Process.extend({
    outputs: z
      .array(z.string())
      .default([])
      .describe('what k6 wrote or showed besides its summary, at some cost'),
    timeline: z
      .object({ periodMs: z.number() })
      .nullable()
      .default(null)
      .describe('how long a period of timeline.ndjson was to be; null where k6 did not record one'),
  }),
  duet: z
    .object({
      with: z.string().describe('URL of the other side'),
      sameHost: z.boolean().describe('whether both sides were at one address, so that they shared its CPU'),
    })
    .optional()
    .describe('of a side that ran at the same moment as the other one, each with half of the load'),
  halves: z
    .object({ firstMs: z.number(), secondMs: z.number() })
    .optional()
    .describe('of a single plateau: the mean time of a request in each half, from the timeline'),
  ended: z
    .object({ perSecond: numberOrNull, stages: z.array(numberOrNull) })
    .optional()
    .describe(
      'requests per second that ended within the load and within each stage, from the timeline; of a script, and of an open model of several rates',
    ),
  generators: z
    .array(Generator)
    .optional()
    .describe('of a load that several k6 shared; `k6` and `host` then speak of all of them'),
  merge: Merge.optional(),
  verdict: Verdict.optional().describe('at the time of the run; a later report judges again'),
})

export type Run = z.infer<typeof Run>
export type Verdict = z.infer<typeof Verdict>

/** The tags of a stage's metrics; none for a run of one stage, whose requests are all of it. */
export const stageTags = (
  { load: { stages }, script }: Run,
  stage: string,
): Readonly<Record<string, string>> => (stages.length < 2 ? {} : script ? { scenario: stage } : { stage })

const Kept = z.object({
  sha256: z
    .string()
    .describe('of the code, the rest of run.json and summary.json that the figures came from'),
  figures: z.unknown(),
})
/** Figures kept since the run ended, so that its summary need not be parsed again. */
export type Kept = z.infer<typeof Kept>

// What is wrong with kept figures costs time, but the run is still readable.
const RunFile = Run.extend({ kept: Kept.optional().catch(undefined) })

/** The only reader of `run.json`; `kept` as it was written, to be checked. */
export function parseRun(text: string): JsonReading<{ readonly run: Run; readonly kept: Kept | undefined }> {
  const reading = readJson(text, RunFile, 'a run')
  if (reading.kind === 'unreadable') return reading
  const { kept, ...run } = reading.value
  return { kind: 'ok', value: { run, kept } }
}

/** The only writer of `run.json`. */
export const formatRun = (run: Run, kept?: Kept): string => `${JSON.stringify({ ...run, kept }, null, 2)}\n`
