import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { plannedMs } from '../../analysis/formats/load.ts'
import { type Around, recordingSeconds, timelineOf } from '../../analysis/formats/recording.ts'
import type { Run } from '../../analysis/formats/run.ts'
import { formatTimeline, type Timeline } from '../../analysis/formats/timeline.ts'
import { writeAtomically } from '../results/folder.ts'
import { refusal } from '../shell/refusal.ts'
import { withCounts } from './raw-counts.ts'

const [fewestPeriods, mostPeriods] = [30, 600]
const niceSeconds = [1, 2, 5, 10, 15, 30, 60]
/** Of one core, what the recording may take; beyond it the periods get longer. */
const affordable = 0.05
/** A guess, since nobody knows how soon a target will answer. */
const answerMs = 10

/**
 * The shortest round period of which a run has at most some 600, and fewer where so many requests are to be expected that
 * their recording would take more than a twentieth of a core, but not fewer than 30; in ms.
 */
export function periodFor({ stages, thinkMs = 0 }: Pick<Run['load'], 'stages' | 'thinkMs'>): number {
  const wholeMs = plannedMs(stages)
  const requests = stages.reduce((sum, { vus, offered, durationMs }) => {
    const perSecond = offered ?? (vus * 1000) / (answerMs + thinkMs)
    return sum + (perSecond * durationMs) / 1000
  }, 0)
  const seconds = wholeMs / 1000
  const most = Math.min(mostPeriods, (affordable * seconds) / recordingSeconds(requests, 1))
  return 1000 * Math.min(roundedUp(seconds / most), roundedDown(seconds / fewestPeriods))
}

const roundedUp = (seconds: number): number =>
  niceSeconds.find((each) => each >= seconds) ?? 60 * Math.ceil(seconds / 60)
const roundedDown = (seconds: number): number =>
  seconds < 60 ? (niceSeconds.findLast((each) => each <= seconds) ?? 1) : 60 * Math.floor(seconds / 60)

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
