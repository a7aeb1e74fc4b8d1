import { connectionWords, loadWords, successWords, thinkWords } from '../formats/load.ts'
import type { Run } from '../formats/run.ts'
import { sloWords } from '../formats/slo.ts'
import { number, orDash, percent, quantity } from '../formats/words.ts'
import type { RunStatistics } from '../run/statistics.ts'
import type { Statistics } from '../runs/statistics.ts'
import {
  type Block,
  type Case,
  type Column,
  type Finding,
  list,
  present,
  type Table,
  type Tone,
  tableOf,
} from './blocks.ts'
import { intendedTable, kindsTable, serverTable, stagesTable } from './figures.ts'
import { generatorsTable, generatorsWords } from './generators.ts'
import { eachAlone } from './groups.ts'
import { hasRequests, headline, tableNote } from './headline.ts'
import { measureBlocks, thresholdCases, thresholdsTable } from './measures.ts'
import type { OfRuns } from './model.ts'
import { latencyPlot } from './plots/latency.ts'
import { saturationPlot } from './plots/saturation.ts'
import { scalingPlot } from './plots/scaling.ts'
import { runSentence } from './run-finding.ts'
import { timeBlocks } from './time.ts'
import { whereBlocks } from './where.ts'

export function runReport(statistics: Statistics): OfRuns {
  const { runs } = statistics
  const [run] = runs as [RunStatistics]
  const groups = eachAlone(runs)
  const plots = [
    latencyPlot(runs, groups),
    saturationPlot(runs, groups),
    scalingPlot(run),
    ...timeBlocks(statistics),
  ]
  return {
    ...(run.run ? { title: run.run.scenario, subtitle: run.name } : { title: run.name }),
    blocks: present([
      ...runFindings(run),
      ...usable(run, present([...headline(run), ...plots, ...whereBlocks(run)])),
      ...runTables(run),
    ]),
  }
}

export const verdictTones: Record<RunStatistics['verdict']['kind'], Tone> = {
  pass: 'good',
  fail: 'bad',
  invalid: 'doubt',
  'not judged': 'doubt',
}

const verdictFinding = ({ verdict: { kind, reasons } }: RunStatistics): Finding & Block => ({
  kind: 'finding',
  text: `verdict: ${kind}`,
  tone: verdictTones[kind],
  reasons,
  terminal: true,
})

/** The answer of a run, and its verdict. */
export const runFindings = (run: RunStatistics): Block[] => [
  { kind: 'finding', text: runSentence(run), tone: 'neutral', terminal: true },
  verdictFinding(run),
]

export const verdictCases = (runs: readonly RunStatistics[]): Case[] =>
  runs.flatMap((run) => [verdictCase(run), ...thresholdCases(run)])

const verdictCase = ({ name, verdict: { kind, reasons }, durationMs }: RunStatistics): Case => ({
  suite: 'runs',
  name,
  failure: kind === 'fail' || kind === 'invalid' ? `${kind}: ${reasons.join('; ')}` : null,
  ...(kind === 'not judged' ? { skipped: `${kind}: ${reasons.join('; ')}` } : {}),
  ...(durationMs !== null && { seconds: durationMs / 1000 }),
})

/** The blocks of a run; where it is invalid each with figures says so, the first one why. */
function usable({ verdict: { kind, reasons } }: RunStatistics, blocks: readonly Block[]): Block[] {
  if (kind !== 'invalid') return [...blocks]
  const withFigures = blocks.filter(({ kind }) => ['tiles', 'plot', 'table'].includes(kind))
  return blocks.map((block) =>
    withFigures.includes(block)
      ? { ...block, invalid: (block === withFigures[0] && reasons[0]) || 'the run is invalid' }
      : block,
  )
}

/** Everything about one run below its headline. */
export function runTables(run: RunStatistics): Block[] {
  const { total, failures, remarks, fairness } = run
  const warnings = run.run?.k6.warnings ?? []
  const failed = failures.map(({ count, what }) => `${number(count)} ${what}`)
  const tables = present([
    thresholdsTable(run.measures),
    hasRequests(total) && { ...stagesTable(run), ...tableNote(run), terminal: true },
    list(
      failed.length > 0 && `Failed requests: ${failed.join(', ')}.`,
      warnings.length > 0 && `From k6’s log: ${warnings.join(' · ')}`,
    ),
    { ...kindsTable(run), terminal: true },
    ...measureBlocks(run.measures),
    total.intended !== null && intendedTable(run),
    total.server !== null && { ...serverTable(run), folded: run.timeSpent.stages.length > 0 },
    generatorsTable(run),
    followingTable(run),
    podsTable(run),
    list(fairness !== null && `Fairness of the balance (Jain): ${number(fairness)}; 1 is even.`),
  ])
  return present([
    ...usable(run, tables),
    { ...list(remarks), name: 'Before you trust it', folded: true },
    { kind: 'table', name: 'What was run', heads: ['', ''], rows: facts(run) },
  ])
}

const seconds = (ms: number | null) => orDash(ms === null ? null : ms / 1000)

const followingTable = ({ following, stages }: RunStatistics): Table =>
  tableOf(
    'How the replicas followed',
    following.map((each) => ({ ...each, figures: stages.find(({ stage }) => stage === each.stage) })),
    [
      ['change of load', ({ vus }) => `to ${quantity(vus, 'VU')}`],
      ['replicas', ({ from, to }) => `${from} → ${to}`],
      ['first change after s', ({ firstMs }) => seconds(firstMs)],
      ['all ready after s', ({ readyMs }) => seconds(readyMs)],
      ['overshoot', ({ overshoot }) => String(overshoot)],
      ['errors', ({ figures }) => orDash(figures?.errors ?? null, percent)],
      ['p95 ms', ({ figures }) => orDash(figures?.p95Ms ?? null)],
    ],
  )

const usedColumns: readonly Column<
  NonNullable<NonNullable<RunStatistics['run']>['target']['cluster']>['pods'][number]
>[] = [
  [
    'throttled',
    ({ periods, throttledPeriods }) =>
      orDash(periods && throttledPeriods != null ? throttledPeriods / periods : null, percent),
  ],
  ['memory (MiB)', ({ maxMemoryMiB }) => orDash(maxMemoryMiB ?? null)],
  ['restarts', ({ restarts }) => orDash(restarts ?? null)],
]

function podsTable({ run }: RunStatistics): Table {
  const pods = run?.target.cluster?.pods ?? []
  const all = pods.reduce((sum, { served }) => sum + (served ?? 0), 0)
  return tableOf('On the pods', pods, [
    ['pod', ({ name }) => name],
    ['node', ({ node }) => node],
    ['requests', ({ served }) => orDash(served)],
    ['share', ({ served }) => orDash(served !== null && all > 0 ? served / all : null, percent)],
    ['CPU (cores)', ({ cpuCores }) => orDash(cpuCores)],
    ...(pods.some(({ maxMemoryMiB }) => maxMemoryMiB != null) ? usedColumns : []),
  ])
}

/** What was run, where and with what. */
function facts({ run, durationMs }: RunStatistics): [name: string, value: string][] {
  if (!run) return durationMs === null ? [] : [['Duration', `${number(durationMs / 1000)} s`]]
  const { target, load, slos, labels, commit } = run
  const { workload, cluster } = target
  const pairs = Object.entries(labels)
  const rows: [string, string | null][] = [
    ['Target', target.url + (target.embedded ? ' (the embedded workload)' : '')],
    [run.script ? 'Script' : 'Request', load.request],
    ['Load', loadWords(run.load.stages)],
    ['Pause of a VU', thinkWords(load)],
    ['Success', successWords(load)],
    ['Connections', load.stages.length > 0 ? connectionWords(load) : null],
    ['SLOs', slos.map(sloWords).join(', ') || 'none'],
    [
      'Workload',
      workload &&
        `version ${workload.version} on ${workload.pod ?? workload.host}, ${number(workload.cpuCores)} cores, ${number(workload.memoryMiB)} MiB, ${number(workload.unitsPerMs)} units/ms`,
    ],
    [
      'Cluster',
      cluster &&
        `${cluster.deployment ? `${cluster.deployment} in ${cluster.namespace}${cluster.context ? ` (kube context ${cluster.context})` : ''}: ` : ''}${quantity(target.replicas ?? 0, 'replica')}${cluster.nodes === null ? '' : ` on ${quantity(cluster.nodes, 'node')}`}, ${cluster.cpuLimit ?? 'no limit of'} CPU and ${cluster.memoryLimit ?? 'no limit of'} memory each, ${cluster.image}`,
    ],
    ['Started', run.startedAt + (durationMs === null ? '' : `, ran ${number(durationMs / 1000)} s`)],
    ['Generator', generatorWords(run, durationMs)],
    ['Commit', commit],
    ['Labels', pairs.map(([key, value]) => `${key}=${value}`).join(', ')],
  ]
  return rows.flatMap(([name, value]) => (value ? [[name, value]] : []))
}

function generatorWords({ host, k6, generators }: Run, durationMs: number | null): string {
  if (generators) return generatorsWords(generators)
  const cores = k6.cpuSeconds !== null && durationMs ? (k6.cpuSeconds * 1000) / durationMs : null
  return [
    `k6 ${host.k6} on ${host.cores} cores, ${number(host.memoryMiB)} MiB, ${host.kernel}`,
    ...(cores === null ? [] : [`used ${number(cores)} cores`]),
    ...(k6.maxMemoryMiB === null ? [] : [`${number(k6.maxMemoryMiB)} MiB`]),
  ].join(', ')
}
