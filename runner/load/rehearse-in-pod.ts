import { rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../shell/exit.ts'
import type { Shell } from '../shell/shell.ts'
import { temporaryFolder } from '../shell/temporary.ts'
import type { Inside } from '../targets/target.ts'
import { type Elsewhere, type Part, rehearsalFile } from './part.ts'
import { inPods, type PodOptions } from './pods.ts'
import type { Rehearsal, Trial } from './rehearsal.ts'
import { rehearsalMs } from './sizes.ts'

/** Rehearses a script where its target is reached: in one pod. */
export async function rehearseInPod(
  shell: Shell,
  inside: Inside,
  options: PodOptions,
  given: Omit<Elsewhere, 'first'>,
  { text: script, environment, ...rehearsal }: Omit<Trial, 'k6' | 'at'>,
): Promise<Rehearsal> {
  const folder = temporaryFolder()
  const place = inPods(shell, inside, options, {
    plannedMs: rehearsalMs,
    given: { ...given, first: { rehearsal } },
  })
  const part: Part = {
    ...{ name: '1', segment: '0:1', script, settings: environment },
    ...{ args: [], stages: [], periodMs: null, raw: false, paths: true, secrets: [] },
  }
  try {
    const [member] = await place.start([part], () => folder)
    const done = shell.longWork(`${rehearsal.name}: rehearsal in a pod, each of its k6 scenarios once …`)
    const interrupted = new Promise<void>((resolve) =>
      shell.signal.addEventListener('abort', () => resolve(), { once: true }),
    )
    await Promise.race([member?.ended, interrupted]).finally(done)
    const text = await readFile(path.join(folder, rehearsalFile), 'utf8').catch(() => null)
    if (shell.signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
    if (text !== null) {
      const { found, said } = JSON.parse(text) as { found: Rehearsal; said: string[] }
      for (const sentence of said) shell.say(sentence)
      return found
    }
    const [why = 'its pod printed nothing'] = place.losses().map((each) => each.replace(/^generator 1: /, ''))
    const { name } = rehearsal
    throw why.startsWith(`${name}: rehearsal:`)
      ? new Failure('usage', why)
      : new Failure('environment', `${name}: no rehearsal: ${why}; nothing was loaded`)
  } finally {
    await place.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
