import type { Night } from '../formats/night.ts'
import type { Run } from '../formats/run.ts'
import { groupedBy } from '../numbers/group.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { figuresCompared } from './judgement.ts'
/** The night that runs make, of those that prove something. */
export function nightOf(
  runs: readonly RunStatistics[],
  about: Pick<Night, 'id' | 'startedAt' | 'commit' | 'labels'> & { readonly planned: number },
): Night {
  const { planned, ...rest } = about
  const valid = runs.filter(({ verdict }) => verdict.kind !== 'invalid')
  const cells = groupedBy(valid, ({ run }) =>
    JSON.stringify([run?.scenario, run?.target.replicas ?? null, loadWords(run)]),
  )
  return {
    schema: 1,
    ...rest,
    environment: environmentOf(valid[0]?.run ?? runs[0]?.run ?? null),
    runs: { valid: valid.length, invalid: runs.length - valid.length, planned },
    measured: [...cells.values()].flatMap((cell) =>
      figuresCompared.flatMap(({ metric, unit, better, of }) => {
        const values = cell.flatMap((run) => of(run) ?? [])
        const run = cell[0]?.run
        // A figure that some runs could not give would be of a selection of them.
        if (values.length < cell.length || !run) return []
        const replicas = run.target.replicas
        return [{ scenario: run.scenario, replicas, load: loadWords(run), metric, unit, better, values }]
      }),
    ),
  }
}

const loadWords = (run: Run | null): string =>
  run === null
    ? ''
    : `${run.load.request}, ${run.load.stages
        .map(
          ({ vus, offered, durationMs }) =>
            `${offered === null ? `${vus} VU${vus === 1 ? '' : 's'}` : `${offered}/s`} for ${durationMs / 1000} s`,
        )
        .join(' + ')}, connections ${run.load.connections}`

/** What makes figures another matter when it changes, and is no change of what is tested. */
const environmentOf = (run: Run | null): Night['environment'] => {
  if (!run) return {}
  const { host, target } = run
  return {
    CPU: `${host.cpu ?? 'unknown'} × ${host.cores}`,
    Node: host.node,
    k6: host.k6,
    limits: target.cluster
      ? `${target.cluster.cpuLimit ?? 'no'} CPU, ${target.cluster.memoryLimit ?? 'no'} memory`
      : target.workload
        ? `${target.workload.cpuCores} cores`
        : 'unknown',
  }
}

/** Of each entry of the plan: invalid or failed where most of its runs were, since one run of many may have met a neighbour. */
export function entryVerdicts(
  runs: readonly RunStatistics[],
): { name: string; kind: 'pass' | 'fail' | 'invalid'; failure: string | null }[] {
  const cells = groupedBy(runs, ({ run }) => (run?.labels.cell ?? '').replace(/\.\d+$/, ''))
  return [...cells].map(([name, cell]) => {
    const of = (kind: string) => cell.filter(({ verdict }) => verdict.kind === kind)
    const [invalid, failed] = [of('invalid'), of('fail')]
    const kind =
      2 * invalid.length >= cell.length ? 'invalid' : 2 * failed.length >= cell.length ? 'fail' : 'pass'
    const told = kind === 'invalid' ? invalid : failed
    return {
      name,
      kind,
      failure:
        kind === 'pass'
          ? null
          : `${told.length} of ${cell.length} runs ${kind === 'fail' ? 'failed' : 'are invalid'}: ${told[0]?.verdict.reasons.join('; ')}`,
    }
  })
}
