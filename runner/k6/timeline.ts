import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { type Around, timelineOf } from '../../analysis/formats/recording.ts'
import { formatTimeline, type Timeline } from '../../analysis/formats/timeline.ts'
import { writeAtomically } from '../results/folder.ts'
import { refusal } from '../shell/refusal.ts'
import { withCounts } from './raw-counts.ts'

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
 * Makes `timeline.ndjson` of a run's recording, and removes that. Never fails: gives a sentence where something is
 * missing then.
 * @param pointsFile k6's raw points, where they were kept
 */
export async function writeTimeline(
  folder: string,
  around: Around,
  pointsFile: string | null,
): Promise<string | null> {
  const recording = recordingFile(folder)
  try {
    const timeline = timelineOf(await readFile(recording, 'utf8'), around)
    if (timeline.kind === 'unreadable') return `no timeline: k6’s recording is damaged (${timeline.reason})`
    const { distributed, lost } = await withDistributions(timeline.value, pointsFile)
    await writeAtomically(path.join(folder, 'timeline.ndjson'), formatTimeline(distributed))
    return lost
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return `no timeline: ${code === 'ENOENT' ? 'k6 recorded nothing' : refusal(error as Error)}`
  } finally {
    await rm(recording, { force: true }).catch(() => {})
  }
}

async function withDistributions(
  timeline: Timeline,
  pointsFile: string | null,
): Promise<{ distributed: Timeline; lost: string | null }> {
  if (pointsFile === null) return { distributed: timeline, lost: null }
  try {
    return { distributed: await withCounts(timeline, pointsFile), lost: null }
  } catch (error) {
    const lost = `the timeline lacks the distribution of each period: ${refusal(error as Error)}`
    return { distributed: timeline, lost }
  }
}
