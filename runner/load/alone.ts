import { mkdir, rmdir } from 'node:fs/promises'
import type { Process } from '../../analysis/formats/generators.ts'
import type { UsageSample } from '../../analysis/formats/recording.ts'
import type { Timeline } from '../../analysis/formats/timeline.ts'
import type { Merged } from '../../analysis/run/merge.ts'
import type { K6 } from '../k6/find.ts'
import type { Stage } from '../k6/inspect.ts'
import type { OutputOptions } from '../k6/outputs.ts'
import { runK6 } from '../k6/run.ts'
import type { Shell } from '../shell/shell.ts'
import { filesIn, intoFolder, timelineInto } from './part.ts'
import type { Script } from './script.ts'

/** A load that has been checked, and the folder of its results. */
export type Loading = {
  readonly script: Script
  /** For k6's environment. */
  readonly settings: Readonly<Record<string, string>>
  readonly stages: readonly Stage[]
  readonly plannedMs: number
  readonly options: OutputOptions
  /** null where the run is not recorded. */
  readonly periodMs: number | null
  readonly folder: string
  /** Of the other side of a duet. */
  readonly otherFolder: string | undefined
  readonly secrets: readonly string[]
  readonly paths: boolean
  readonly at: string | undefined
}

export type Loaded = {
  readonly startedAt: Date
  readonly endedAt: Date
  readonly process: Process
  /** What k6 wrote or showed beside its summary. */
  readonly outputs: readonly string[]
  /**
   * Writes the timeline, and of several generators the summary too. `lost` says what is missing, in a sentence.
   * @param target what the target used meanwhile
   */
  results(target: readonly UsageSample[]): Promise<{
    readonly timeline: Timeline | null
    readonly lost: string | null
    readonly merged: Merged | null
  }>
}

/** Runs the whole load in one k6. */
export async function loadAlone(shell: Shell, k6: K6, load: Loading): Promise<Loaded> {
  const { script, options, folder, otherFolder } = load
  const { outputs, ...into } = intoFolder(shell, load, options, folder, otherFolder)
  if (script.own) await mkdir(filesIn(folder))
  const startedAt = new Date()
  const { code, samples, ...exit } = await runK6(shell, k6, script.text, { ...load, ...into })
  if (script.own) await rmdir(filesIn(folder)).catch(() => {})
  return {
    startedAt,
    endedAt: new Date(),
    process: { exitCode: code, ...exit },
    outputs,
    async results(target) {
      const recorded = { ...load, raw: options.raw }
      return { ...(await timelineInto(folder, recorded, { samples, lingeredMs: 0 }, target)), merged: null }
    },
  }
}
