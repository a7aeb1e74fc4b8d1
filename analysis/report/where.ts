import { stageLabel } from '../formats/load.ts'
import { number, percent } from '../formats/words.ts'
import type { RunStatistics } from '../run/statistics.ts'
import type { PartName, Spent } from '../run/time-spent.ts'
import { type Block, list, type Plot, present } from './blocks.ts'
import { failuresPlot } from './plots/failures.ts'
import { namesPlot } from './plots/names.ts'
import { phasesPlot } from './plots/phases.ts'

/** Where the time of a run's requests went: by phase, inside the workload, by request name; and why requests failed. */
export const whereBlocks = (run: RunStatistics): Block[] =>
  present([
    wholePlot(run),
    list(wholeWords(run.timeSpent), ...run.timeSpent.notes),
    insidePlot(run),
    namesPlot(run),
    failuresPlot(run),
  ])

/** A whole per cent; what is nearly nothing or nearly all is said to be. */
function roughly(share: number): string {
  if (share > 0 && share < 0.005) return 'under 1 %'
  return share < 1 && share >= 0.995 ? 'over 99 %' : `${Math.round(100 * share)} %`
}

const shareOf = ({ parts }: Spent, ...names: PartName[]): number =>
  parts.reduce((sum, { name, share }) => sum + (names.includes(name) ? share : 0), 0)

const partWords = ({ parts }: Spent): string =>
  parts.map(({ name, share }) => `${name} ${percent(share)}`).join(', ')

function wholePlot({ name, timeSpent: { whole, names }, run }: RunStatistics): Plot | null {
  if (!whole) return null
  const bar = (label: string, spent: Spent) => ({
    label: `${label} · mean ${number(spent.meanMs)} ms`,
    spent,
  })
  return phasesPlot(
    {
      name: 'phases',
      title: 'Where the mean time of a request went',
      finding: phasesFinding(whole, run?.load.connections === 'one per iteration'),
      description: `${name}: of the mean ${number(whole.meanMs)} ms of a request, ${partWords(whole)}.`,
    },
    [bar('all requests', whole), ...names.map((spent) => bar(spent.tags.name ?? '', spent))],
  )
}

/** `93 % of a request is waiting for the first byte; 4 % is connecting (a new connection per iteration)` */
function phasesFinding(whole: Spent, fresh: boolean): string {
  const waiting = shareOf(whole, 'waiting', 'queue', 'work', 'network')
  const [first, second] = [
    { words: 'waiting for the first byte', share: waiting },
    {
      words: `connecting${fresh ? ' (a new connection per iteration)' : ''}`,
      share: shareOf(whole, 'connecting'),
    },
    { words: 'the TLS handshake', share: shareOf(whole, 'TLS') },
    { words: 'waiting for a connection', share: shareOf(whole, 'blocked') },
    { words: 'sending', share: shareOf(whole, 'sending') },
    { words: 'receiving', share: shareOf(whole, 'receiving') },
  ].sort((a, b) => b.share - a.share)
  if (!first || !second) return ''
  const most = `${roughly(first.share)} of a request is ${first.words}`
  if (first.share === waiting && whole.parts.some(({ name }) => name === 'queue'))
    return `${most}; of the waiting, ${roughly(shareOf(whole, 'queue') / waiting)} was the queue`
  return second.share >= 0.005 ? `${most}; ${roughly(second.share)} is ${second.words}` : most
}

/** What the latency leaves out, and what an iteration adds. */
function wholeWords({ whole, iterationMs, perIteration }: RunStatistics['timeSpent']): string | false {
  if (!whole) return false
  const latencyMs = whole.meanMs * (1 - shareOf(whole, 'blocked', 'connecting', 'TLS'))
  const all = `A request took ${number(whole.meanMs)} ms in the mean, and ${number(latencyMs)} ms of that is its latency (sending, waiting, receiving), which all other figures are of.`
  // Requests of one iteration that are under way together have no sum.
  if (iterationMs === null || !perIteration || perIteration * whole.meanMs > iterationMs) return all
  const requests = Math.abs(perIteration - 1) < 0.005 ? '' : ` for ${number(perIteration)} requests`
  return `${all} An iteration took ${number(iterationMs)} ms${requests}.`
}

/** How much of the latency was the queue of the workload, stage by stage. */
function insidePlot({ name, timeSpent, stages }: RunStatistics): Plot | null {
  const bars = timeSpent.stages.flatMap((spent) => {
    const stage = stages.find((each) => each.stage === spent.tags.stage)
    return stage ? [{ size: stageLabel(stage), spent, queue: shareOf(spent, 'queue') }] : []
  })
  const [first] = bars
  if (!first) return null
  const most = bars.reduce((a, b) => (b.queue > a.queue ? b : a))
  const finding =
    most.queue < 0.05
      ? 'The queue is under 5 % of the latency in every stage'
      : `At ${most.size} ${roughly(most.queue)} of the latency is the queue${most === first ? '' : `, at ${first.size} ${roughly(first.queue)}`}`
  return phasesPlot(
    {
      name: 'inside',
      title: 'Inside the workload: the mean latency of successful requests by stage',
      finding,
      description: `${name}: ${bars.map(({ size, spent }) => `${size} ${partWords(spent)}`).join('; ')}.`,
    },
    bars.map(({ size, spent }) => ({ label: `${size} · mean ${number(spent.meanMs)} ms`, spent })),
  )
}
