import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { type Around, timelineOf } from '../../analysis/formats/recording.ts'
import { formatTimeline } from '../../analysis/formats/timeline.ts'
import { writeAtomically } from '../results/folder.ts'
import { refusal } from '../shell/refusal.ts'

const mostPeriods = 600
const niceSeconds = [1, 2, 5, 10, 15, 30, 60]

/** The shortest round period of which a run has at most some 600, in ms. */
export function periodFor(plannedMs: number): number {
  const seconds = plannedMs / 1000 / mostPeriods
  return 1000 * (niceSeconds.find((each) => each >= seconds) ?? 60 * Math.ceil(seconds / 60))
}

/** Where k6 records a run until its timeline is written. */
export const recordingFile = (folder: string): string => path.join(folder, 'recording.ndjson')

/**
 * Makes `timeline.ndjson` of a run's recording, and removes that. Never fails: gives a sentence where there is no timeline
 * then.
 */
export async function writeTimeline(folder: string, around: Around): Promise<string | null> {
  const recording = recordingFile(folder)
  try {
    const timeline = timelineOf(await readFile(recording, 'utf8'), around)
    if (timeline.kind === 'unreadable') return `no timeline: k6’s recording is damaged (${timeline.reason})`
    await writeAtomically(path.join(folder, 'timeline.ndjson'), formatTimeline(timeline.value))
    return null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return `no timeline: ${code === 'ENOENT' ? 'k6 recorded nothing' : refusal(error as Error)}`
  } finally {
    await rm(recording, { force: true }).catch(() => {})
  }
}
