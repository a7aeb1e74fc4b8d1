import { rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { framed } from '../../analysis/formats/framed.ts'
import { apiAt } from '../k6/api.ts'
import { findK6, type K6 } from '../k6/find.ts'
import { troubleOf } from '../k6/generators.ts'
import { interruptWith, type Running, startK6 } from '../k6/run.ts'
import { serveGenerator } from '../k6/served.ts'
import { untilOver } from '../k6/together.ts'
import {
  type Outcome,
  outcomeFile,
  type Part,
  type PodOrder,
  pointsFile,
  preparePart,
  rehearsalFile,
  settlePart,
  unpacked,
} from '../load/part.ts'
import { rehearse, warmUpOwn } from '../load/rehearsal.ts'
import { askAgain } from '../load/warm-up.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { parseFlags } from '../shell/flags.ts'
import { ownVersion } from '../shell/host.ts'
import type { Shell } from '../shell/shell.ts'
import { temporaryFolder } from '../shell/temporary.ts'
import { probe } from '../targets/probe.ts'
import { trustOf } from '../targets/trust.ts'

const purpose = 'One of several generators, in a pod. "run" starts it; there is nothing to start by hand.'

/** How long it waits for its order, and how long it goes on without hearing from whoever gave it. */
const [orderWithinMs, silenceMs] = [180_000, 60_000]

/** Kubelets rotate a log at 10 MiB by default, and give only what came after that; base64 makes a third more of it. */
const mostPrinted = 7 * 2 ** 20

/**
 * One of several generators, in a pod: waits for its part of a load, makes it, and prints its results in frames
 * (analysis/formats/framed.ts). Without its runner it ends, so that nothing loads a target that nobody watches.
 */
export async function generator(shell: Shell, args: readonly string[]): Promise<number> {
  if (!parseFlags({ command: 'generator', purpose, flags: {}, notes: '' }, args, shell)) return exitCodes.pass
  const keyHash = shell.env.LAS_GENERATOR_KEY_HASH
  if (!keyHash)
    throw new Failure('usage', 'a generator is started by "run --generators N --on cluster", in a pod')
  const folder = temporaryFolder()
  let running: Running | null = null
  let give = (_: string) => {}
  const given = new Promise<string>((resolve) => {
    give = resolve
  })
  let ordered = false
  const server = await serveGenerator(keyHash, {
    start(text) {
      if (ordered) return false
      ordered = true
      give(text)
      return true
    },
    interrupt: () => running?.interrupt(),
    changed: () => running?.begin(),
    port: () => running?.port ?? null,
  })
  const silent = setInterval(() => {
    if (performance.now() - server.heardAt() > silenceMs) running?.interrupt()
  }, 1000)
  try {
    const late = sleep(orderWithinMs, null, { signal: shell.signal, ref: true }).catch(() => null)
    const text = await Promise.race([given, late])
    if (text === null) return await failed(shell, 'no runner has given it an order')
    const order: PodOrder = JSON.parse(text)
    if (order.version !== ownVersion())
      return await failed(
        shell,
        `its image has load-and-stress ${ownVersion()}, not ${order.version}; name one of the same version with --generator-image`,
      )
    const { part, at } = await unpacked(order, path.join(folder, 'given'))
    const k6 = await findK6(shell)
    const { rehearsal } = order.first ?? {}
    const said: string[] = []
    const telling = { ...shell, say: (sentence: string) => void said.push(sentence) }
    if (rehearsal) {
      const found = await rehearse(telling, { ...rehearsal, ...trialOf(k6, part, at) })
      shell.print(framed(rehearsalFile, JSON.stringify({ found, said })))
      return await failed(shell, 'this was a rehearsal')
    }
    await makeReady(telling, k6, { ...order, part, at })
    const prepared = await preparePart(order.first ? telling : shell, part, folder, 1)
    const started = await startK6(shell, k6, part.script, { ...part, ...prepared, at })
    running = started
    const released = interruptWith(shell, started.interrupt)
    const waiting = { name: part.name, api: apiAt({ port: started.port }), trouble: troubleOf(started) }
    const lingers = part.args.includes('--linger') ? untilOver(waiting, shell.signal) : null
    const { samples, ...exit } = await started.ended
    released()
    const overAt = await lingers
    const lingeredMs = overAt == null ? 0 : performance.now() - overAt
    const lost = await settlePart(part, folder, { samples, lingeredMs }, [])
    // The points first: they are what a log that is rotated may lose.
    for (const name of [pointsFile, 'k6.log', 'summary.json', 'timeline.ndjson']) {
      const content = await readFile(path.join(folder, name)).catch(() => null)
      if (content && content.length > mostPrinted)
        said.push(
          `generator ${part.name}: its ${name} of ${Math.ceil(content.length / 2 ** 20)} MiB is too large for the log of a pod, and is left there: use more generators, or a shorter load`,
        )
      else if (content) shell.print(framed(name, content))
    }
    return await printed(shell, { k6: k6.version, exit, lost, said })
  } catch (error) {
    return await failed(shell, (error as Error).message)
  } finally {
    clearInterval(silent)
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is asked of the target before the load, by one generator for all. */
async function makeReady(
  shell: Shell,
  k6: K6,
  { part, at, first, insecure }: Pick<PodOrder, 'part' | 'first' | 'insecure'> & { at: string | undefined },
): Promise<void> {
  const trust = trustOf(shell, { insecure, ca: part.settings.SSL_CERT_FILE })
  const { probed, warmUp } = first ?? {}
  if (probed) await probe(probed.base, { ...probed.request, trust }, shell.signal)
  if (!warmUp) return
  if ('requests' in warmUp) return askAgain(shell, warmUp, { trust })
  await warmUpOwn(shell, { ...warmUp, ...trialOf(k6, part, at) }, warmUp.forMs)
}

const trialOf = (k6: K6, { script: text, settings: environment }: Part, at = '/') => ({
  k6,
  text,
  environment,
  at,
})

async function printed(shell: Shell, outcome: Outcome): Promise<number> {
  shell.print(framed(outcomeFile, JSON.stringify(outcome)))
  // A process that exits before its pipe has taken everything leaves half of its results.
  await new Promise<void>((resolve) => void process.stdout.write('', () => resolve()))
  return 'exit' in outcome ? exitCodes.pass : exitCodes.environment
}

const failed = (shell: Shell, reason: string): Promise<number> => printed(shell, { reason })
