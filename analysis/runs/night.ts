import type { TaggedFigure } from '../formats/figure.ts'
import { placeWords } from '../formats/generators.ts'
import { seriesLoad } from '../formats/load.ts'
import type { Night } from '../formats/night.ts'
import type { Run, Verdict } from '../formats/run.ts'
import { number, quantity } from '../formats/words.ts'
import { groupedBy } from '../numbers/group.ts'
import { badRuns, isBad } from '../run/bad-run.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { figuresOfRun, taggedFigures } from './figures-compared.ts'
import { secondsTogether } from './seconds.ts'

/**
 * The night made of these runs. The figures are of the valid ones; `bad runs` says of every run whether it
 * failed or was invalid, since a night whose bad runs are left out looks better than it was.
 */
export function nightOf(
  runs: readonly RunStatistics[],
  about: Pick<Night, 'id' | 'startedAt' | 'commit' | 'labels' | 'effect'> & {
    readonly planned: number
    /** Of parts of the runs; default: the p95 of each request name. */
    readonly figures?: readonly TaggedFigure[] | null
  },
): Night {
  const { planned, figures = null, ...rest } = about
  const valid = runs.filter(({ verdict }) => verdict.kind !== 'invalid')
  const cells = groupedBy(
    runs.flatMap((each) => (each.run ? [{ ...each, run: each.run }] : [])),
    ({ run }) => JSON.stringify([run.scenario, run.target.replicas, seriesLoad(run.load)]),
  )
  return {
    schema: 1,
    ...rest,
    environment: { ...environmentOf(valid[0]?.run ?? runs[0]?.run ?? null), ...hostOf(rest.labels) },
    runs: { valid: valid.length, invalid: runs.length - valid.length, planned },
    measured: [...cells.values()].flatMap((cell) => {
      const { run } = cell[0] as (typeof cell)[number]
      const good = cell.filter(({ verdict }) => verdict.kind !== 'invalid')
      const what = {
        scenario: run.scenario,
        replicas: run.target.replicas,
        load: seriesLoad(run.load),
      }
      const bad = cell.flatMap((each) => {
        const known = isBad(each)
        return known === null ? [] : [Number(known)]
      })
      return [
        ...[...figuresOfRun, ...taggedFigures(good, figures)].flatMap(({ metric, unit, better, of }) => {
          const values = good.flatMap((each) => of(each) ?? [])
          // A figure that some runs lack would describe only a selection of them.
          return good.length === 0 || values.length < good.length
            ? []
            : [{ ...what, metric, unit, better, values }]
        }),
        ...(bad.length > 0
          ? [{ ...what, metric: badRuns, unit: 'share', better: 'lower' as const, values: bad }]
          : []),
      ]
    }),
  }
}

/** `--label host=…` names a machine whose nights are compared only with one another. */
const hostOf = ({ host }: Night['labels']): Night['environment'] => (host ? { host } : {})

/** What changes the figures without being a change of what is tested. */
const environmentOf = (run: Run | null): Night['environment'] => {
  if (!run) return {}
  const { host, target, k6 } = run
  return {
    CPU: `${host.cpu ?? 'unknown'} × ${host.cores}`,
    Node: host.node,
    k6: host.k6,
    ...(target.cluster && { nodes: String(target.cluster.nodes ?? 'unknown') }),
    limits: target.cluster
      ? `${target.cluster.cpuLimit ?? 'no'} CPU, ${target.cluster.memoryLimit ?? 'no'} memory`
      : target.workload
        ? `${target.workload.cpuCores} cores`
        : 'unknown',
    ...(run.generators?.length && { generators: placeWords(run.generators) }),
    // Nights without one are older than it, and keep their environment.
    ...(k6.timeline && { timeline: 'recorded' }),
  }
}

/**
 * A verdict per entry of the nightly plan: invalid or failed where at least half of its runs were, since a
 * busy neighbour may have disturbed a single run.
 */
export function entryVerdicts(
  runs: readonly RunStatistics[],
): { name: string; kind: Verdict['kind']; failure: string | null; seconds: number | null }[] {
  const cells = groupedBy(runs, ({ run }) => (run?.labels.cell ?? '').replace(/\.\d+$/, ''))
  return [...cells].map(([name, cell]) => {
    const seconds = secondsTogether(cell)
    for (const kind of ['invalid', 'fail'] as const) {
      const such = cell.filter(({ verdict }) => verdict.kind === kind)
      if (2 * such.length < cell.length) continue
      const what = kind === 'fail' ? 'failed' : such.length === 1 ? 'is invalid' : 'are invalid'
      const reasons = such[0]?.verdict.reasons.join('; ')
      return {
        name,
        kind,
        failure: `${number(such.length)} of ${quantity(cell.length, 'run')} ${what}: ${reasons}`,
        seconds,
      }
    }
    return { name, kind: 'pass', failure: null, seconds }
  })
}
