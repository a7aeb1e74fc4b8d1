import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readFramed } from '../../analysis/formats/framed.ts'
import { parseResources } from '../../analysis/formats/resources.ts'
import { quantity } from '../../analysis/formats/words.ts'
import {
  createJob,
  deleteJob,
  type GeneratorPod,
  logOf,
  readGenerators,
  runningPods,
  wayTo,
} from '../cluster/generators.ts'
import { jobOf } from '../cluster/job.ts'
import { isMissingRight } from '../cluster/kubectl.ts'
import { type Api, apiAt } from '../k6/api.ts'
import type { Member } from '../k6/generators.ts'
import { rawOutput } from '../k6/outputs.ts'
import { hashOf } from '../k6/served.ts'
import { Failure } from '../shell/exit.ts'
import type { OptionsOf } from '../shell/flags.ts'
import { ownVersion } from '../shell/host.ts'
import type { Shell } from '../shell/shell.ts'
import type { Inside } from '../targets/target.ts'
import type { Place } from './generators.ts'
import { type Elsewhere, type Outcome, outcomeFile, type Part, type PodOrder } from './part.ts'
import { type generatorFlags, generatorImage } from './target-options.ts'

export type PodOptions = Partial<OptionsOf<typeof generatorFlags>>

/** Of each generator, in Kubernetes' notation. */
export const usualCpu = '1'
const usualMemory = '512Mi'

/** Until all pods run, and after the planned end until the last has printed its results. */
const [podsWithinMs, graceMs] = [120_000, 120_000]
const orderWithinMs = 60_000
const lookMs = 1000
/** Until its end is seen in its log, and while the API server does not answer. */
const [logTries, askTries] = [5, 10]
/** A node that no longer reports may come back. */
const silentMs = 30_000

type Ended = Awaited<Member['ended']>

/** In pods of a cluster, next to the target: one Job, steered through the API server, whose results come in its logs. */
export function inPods(
  shell: Shell,
  { kubectl, labels }: Inside,
  {
    generatorImage: image = generatorImage,
    generatorCpu: cpu = usualCpu,
    generatorMemory: memory = usualMemory,
  }: PodOptions,
  { plannedMs, given }: { readonly plannedMs: number; readonly given: Elsewhere },
): Place {
  const job = `las-generators-${randomBytes(4).toString('hex')}`
  const key = randomBytes(32).toString('hex')
  const pods = new Map<string, GeneratorPod>()
  const versions = new Map<string, string>()
  const losses: string[] = []
  let outputs: readonly string[] = []
  let forbidden = false
  let closing: Promise<void> | null = null
  let way: Awaited<ReturnType<typeof wayTo>> | null = null
  const close = () => {
    closing ??= Promise.all([forbidden ? null : deleteJob(kubectl, job), way?.close()]).then(([left]) => {
      if (left) shell.say(left)
    })
    return closing
  }
  let untilMs = performance.now() + podsWithinMs + plannedMs + graceMs
  return {
    async start(parts, folderOf) {
      const deadlineSeconds = Math.ceil((2 * podsWithinMs + plannedMs + 2 * graceMs) / 1000)
      const count = parts.length
      outputs = parts[0]?.raw ? [rawOutput] : []
      const manifest = { name: job, count, image, cpu, memory, deadlineSeconds, targetLabels: labels }
      await createJob(kubectl, jobOf({ ...manifest, keyHash: hashOf(key) })).catch((error: Error) => {
        forbidden = isMissingRight(error)
        if (!forbidden) throw error
        throw new Failure(
          'environment',
          `k6 would run in pods of the namespace ${kubectl.namespace}, and no Job may be created there (see docs/several-generators.md for the rights); else make the service a NodePort or a LoadBalancer, or name with --address where it is reached`,
        )
      })
      const done = shell.longWork(
        `${quantity(count, 'generator')} ${count === 1 ? 'starts' : 'start'} in the namespace ${kubectl.namespace} …`,
      )
      try {
        const ready = await runningPods(kubectl, job, count, { signal: shell.signal, withinMs: podsWithinMs })
        way = await wayTo(kubectl, job, key)
        const { to } = way
        const members = ready.map((pod, index) => {
          const part = parts[index] as Part
          pods.set(part.name, pod)
          const begin = () => {
            untilMs = performance.now() + plannedMs + graceMs
          }
          return memberOf(part.name, apiAt(to(pod.name)), begin)
        })
        void follow(
          members.map(({ end }, index) => ({ end, part: parts[index] as Part })),
          folderOf,
        )
        await Promise.all(
          members.map(({ member }, index) => {
            const { first, ...common } = given
            const order = {
              ...common,
              version: ownVersion(),
              part: parts[index] as Part,
              first: index === 0 ? first : null,
            }
            return givenOrder(shell, member, order)
          }),
        )
        return members.map(({ member }) => member)
      } finally {
        done()
      }
    },
    about: ({ name }) => ({
      node: pods.get(name)?.node ?? '',
      cores: parseResources(cpu),
      k6: versions.get(name) ?? null,
    }),
    get outputs() {
      return outputs
    },
    settle: async () => null,
    losses: () => losses,
    close,
  }

  type Followed = {
    readonly end: (ended: Ended) => void
    readonly part: Part
    /** Of performance.now(). */
    silentSince?: number | null
  }

  /** Collects what each generator printed as soon as it has ended, and sees which were lost. */
  async function follow(all: readonly Followed[], folderOf: (part: Part) => string): Promise<void> {
    const open = new Set(all)
    while (open.size > 0 && !closing) {
      await sleep(lookMs)
      const now = await readGenerators(kubectl, job).catch(() => null)
      for (const each of open) {
        const { name } = each.part
        const pod = now?.find((found) => found.name === pods.get(name)?.name)
        const late = performance.now() > untilMs
        each.silentSince = pod?.silent ? (each.silentSince ?? performance.now()) : null
        const silent = performance.now() - (each.silentSince ?? Infinity) > silentMs
        if (!late && !silent && (!now || (pod && !pod.ended))) continue
        open.delete(each)
        const why = silent
          ? `its node ${pod?.node} no longer answers`
          : late
            ? 'it had not ended two minutes after it should have'
            : pod
              ? pod.problem
              : 'its pod is gone, or its node'
        const found = await collected(pod?.name, folderOf(each.part), !silent && !late)
        if ('exit' in found) {
          versions.set(name, found.k6)
          for (const sentence of found.said) shell.say(sentence)
          if (found.lost !== null) losses.push(`generator ${name}: ${found.lost}`)
          each.end({ ...found.exit, samples: [], error: found.exit.error })
          continue
        }
        const reason = 'reason' in found ? found.reason : null
        losses.push(`generator ${name}: ${reason ?? why ?? 'its log has no results'}`)
        each.end({ ...nothing, error: reason ?? why ?? 'its log has no results' })
      }
    }
  }

  /** @param patient whether its log may still come */
  async function collected(
    pod: string | undefined,
    folder: string,
    patient: boolean,
  ): Promise<Outcome | { damaged: true }> {
    const read = async () =>
      readFramed(pod === undefined ? '' : await logOf(kubectl, pod, patient ? askTries : 1))
    const whole = ({ files }: ReturnType<typeof readFramed>) => files.some(({ name }) => name === outcomeFile)
    let log = await read()
    // A log may be complete only a moment after its pod has ended.
    for (let tries = 1; patient && pod !== undefined && !whole(log) && tries < logTries; tries++) {
      await sleep(lookMs)
      log = await read()
    }
    const { files, damaged } = log
    await mkdir(folder, { recursive: true })
    for (const { name, content } of files)
      if (name !== outcomeFile) await writeFile(path.join(folder, path.basename(name)), content)
    for (const sentence of damaged) losses.push(`generator ${path.basename(folder)}: ${sentence}`)
    const outcome = files.find(({ name }) => name === outcomeFile)
    return outcome ? (JSON.parse(outcome.content.toString()) as Outcome) : { damaged: true }
  }
}

/** Of a generator that was lost. */
const nothing: Ended = {
  code: null,
  signal: null,
  cpuSeconds: null,
  waitedSeconds: null,
  throttled: null,
  maxMemoryMiB: null,
  machineBusyCores: null,
  samples: [],
  shortages: [],
  warnings: [],
  error: undefined,
}

function memberOf(name: string, api: Api, begin: () => void) {
  let end = (_: Ended) => {}
  let why: string | null = null
  const ended = new Promise<Ended>((resolve) => {
    end = (found) => {
      why = found.error ?? `k6 exited with code ${found.code}`
      resolve(found)
    }
  })
  const interrupt = () => void api('POST', 'interrupt', undefined, AbortSignal.timeout(5000)).catch(() => {})
  // Its Job is deleted.
  const member: Member = { name, api, ended, interrupt, trouble: () => why, begin, kill: async () => {} }
  return { member, end: (found: Ended) => end(found) }
}

/** Gives a generator its order, as soon as it listens. */
async function givenOrder({ signal }: Shell, { name, api, trouble }: Member, order: PodOrder): Promise<void> {
  const until = performance.now() + orderWithinMs
  for (;;) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(orderWithinMs)])
    const error = await api('POST', 'start', order, limit).then(
      () => null,
      (error: Error) => error.message,
    )
    // The answer to an earlier try was lost.
    if (error === null || /an order already/.test(error)) return
    if (signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
    const why = await trouble()
    if (why !== null || performance.now() > until)
      throw new Failure(
        'environment',
        `the generator ${name} took no order: ${why ?? error}; nothing was loaded`,
      )
    await sleep(250, undefined, { signal }).catch(() => {})
  }
}
