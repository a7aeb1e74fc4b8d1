import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { readSource, type Source } from '../../analysis/formats/read.ts'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { checkCell } from '../../analysis/runs/arrivals.ts'
import { breakpoint, type Search } from '../../analysis/runs/breakpoint.ts'
import type { Plan, PlannedRun, Series } from './plan.ts'

/** Without the dot of an incomplete one. */
export const seriesName = (folder: string): string => path.basename(folder).replace(/^\./, '')

export const labelsOf = ({ folder, plan }: Series, { cell, side }: Pick<PlannedRun, 'cell' | 'side'>) => ({
  series: seriesName(folder),
  cell,
  ...(side && { side }),
  ...(plan.looks > 1 && { looks: String(plan.looks) }),
})

/** The cells that have a complete run, each with its last one. */
export async function finished(folder: string): Promise<Map<string, Source>> {
  const done = new Map<string, Source>()
  for (const name of (await readdir(folder)).sort()) {
    if (!existsSync(path.join(folder, name, 'run.json')) || name.startsWith('.')) continue
    const reading = await readSource(path.join(folder, name))
    if (reading.kind !== 'source') continue
    const { run } = reading.source
    if (run?.labels.cell && !run.interrupted) done.set(run.labels.cell, reading.source)
  }
  return done
}

export type Outcome = {
  /** The complete runs, by replicas, in the order of the plan. */
  readonly sources: readonly Source[]
  /** How many runs of the plan are done, or searches. */
  readonly done: number
  readonly complete: boolean
}

export async function outcomeOf({ folder, plan }: Series, unneeded: number): Promise<Outcome> {
  const found = await finished(folder)
  const ofCell = (cell: string) =>
    plan.search
      ? [...found.values()].filter(({ run }) => run?.labels.search === cell)
      : [...[found.get(cell) ?? []].flat()]
  const sources = [...plan.runs]
    .sort((a, b) => (a.replicas ?? 0) - (b.replicas ?? 0))
    .flatMap(({ cell }) => ofCell(cell))
  const done = plan.search ? doneCells(found, plan).size : sources.length
  return {
    sources: [
      ...sources,
      ...[...found].flatMap(([cell, source]) => (cell.startsWith(checkCell) ? source : [])),
    ],
    done,
    complete: done + unneeded === plan.runs.length,
  }
}

/** A search of a series: its ends are not repeated, since the whole search is. */
export const wantedOf = ({ search }: Pick<Plan, 'search'>): Search => ({
  start: 1,
  precision: search?.precision ?? 0,
  repeat: 1,
})

export const probesOf = (sources: ReadonlyMap<string, Source>, search: string): RunStatistics[] =>
  [...sources.values()].filter(({ run }) => run?.labels.search === search).map(runStatistics)

/** The cells that need no run any more; a search is done when it has found its rate. */
export function doneCells(sources: ReadonlyMap<string, Source>, plan: Plan): Set<string> {
  if (!plan.search) return new Set(sources.keys())
  const done = plan.runs.filter(({ cell }) => {
    const probes = probesOf(sources, cell)
    return probes.length > 0 && breakpoint(probes, wantedOf(plan)).done
  })
  return new Set(done.map(({ cell }) => cell))
}
