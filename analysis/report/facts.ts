import type { Run } from '../formats/run.ts'
import { sloWords } from '../formats/slo.ts'
import { number, orDash, percent } from '../formats/words.ts'
import type { RunStatistics } from './runs.ts'

/** What was run, where and with what, as rows of a table. */
export function facts({ run, durationMs }: RunStatistics): [what: string, value: string][] {
  if (!run) return durationMs === null ? [] : [['Duration', `${number(durationMs / 1000)} s`]]
  const { target, host, k6 } = run
  const rows: ([string, string] | null)[] = [
    ['Target', target.url + (target.embedded ? ' (the embedded workload)' : '')],
    ['Request', run.load.request],
    ['Load', loadWords(run)],
    ['Connections', run.load.connections],
    ['SLOs', run.slos.map(sloWords).join(', ') || 'none'],
    target.workload && [
      'Workload',
      [
        `version ${target.workload.version} on ${target.workload.pod ?? target.workload.host}`,
        `${number(target.workload.cpuCores)} cores`,
        `${number(target.workload.memoryMiB)} MiB`,
        `${number(target.workload.unitsPerMs)} units/ms`,
      ].join(', '),
    ],
    target.cluster && [
      'Cluster',
      [
        `${target.replicas} replicas on ${target.cluster.nodes} node${target.cluster.nodes === 1 ? '' : 's'}`,
        `${target.cluster.cpuLimit ?? 'no limit of'} CPU and ${target.cluster.memoryLimit ?? 'no limit of'} memory each`,
        target.cluster.image,
      ].join(', '),
    ],
    ['Started', `${run.startedAt}${durationMs === null ? '' : `, ran ${number(durationMs / 1000)} s`}`],
    [
      'Generator',
      [
        `k6 ${host.k6} on ${host.cores} cores, ${number(host.memoryMiB)} MiB, ${host.kernel}`,
        k6.cpuSeconds !== null && durationMs
          ? `used ${number((k6.cpuSeconds * 1000) / durationMs)} cores`
          : '',
        k6.maxMemoryMiB !== null ? `${number(k6.maxMemoryMiB)} MiB` : '',
      ]
        .filter(Boolean)
        .join(', '),
    ],
    run.commit ? ['Commit', run.commit] : null,
    Object.keys(run.labels).length > 0
      ? [
          'Labels',
          Object.entries(run.labels)
            .map(([key, value]) => `${key}=${value}`)
            .join(', '),
        ]
      : null,
  ]
  return rows.filter((row): row is [string, string] => row !== null)
}

function loadWords({ load: { stages } }: Run): string {
  const seconds = stages.map(({ durationMs }) => number(durationMs / 1000))
  const each = new Set(seconds).size === 1 ? `${seconds[0]} s each` : seconds.map((s) => `${s} s`).join(', ')
  const offered = stages.map(({ offered }) => offered).join(', ')
  if (stages.some(({ offered }) => offered !== null)) return `open: ${offered} requests/s, ${each}`
  const vus = stages.map(({ vus }) => vus).join(', ')
  return stages.length === 1
    ? `${vus} VU${vus === '1' ? '' : 's'} for ${seconds[0]} s`
    : `plateaus of ${vus} VUs, ${each}`
}

/** How requests fell on the pods of a cluster, as rows of a table under these heads; empty elsewhere. */
export const podColumns = ['pod', 'node', 'requests', 'share', 'CPU (cores)'] as const

export function podRows({ run }: RunStatistics): string[][] {
  const pods = run?.target.cluster?.pods ?? []
  const all = pods.reduce((sum, { served }) => sum + (served ?? 0), 0)
  return pods.map(({ name, node, served, cpuCores }) => [
    name,
    node,
    orDash(served),
    orDash(served !== null && all > 0 ? served / all : null, percent),
    orDash(cpuCores),
  ])
}

/** Jain's index in words, where it is known. */
export const fairness = ({ fairness: index }: RunStatistics): string[] =>
  index === null ? [] : [`Fairness of the balance (Jain): ${number(index)}; 1 is even.`]
