import { plannedMs } from '../../analysis/formats/load.ts'
import type { Run } from '../../analysis/formats/run.ts'
import type { K6 } from '../k6/find.ts'
import type { Stage } from '../k6/inspect.ts'
import type { Shell } from '../shell/shell.ts'
import type { Inside, Target } from '../targets/target.ts'
import type { Loading } from './alone.ts'
import type { OwnOptions } from './own-script.ts'
import type { Elsewhere } from './part.ts'
import { inPods } from './pods.ts'
import type { Script } from './script.ts'

/** What to run, against what, and where its result folder goes. */
export type Order = Load &
  Side & {
    /** The other side of a duet: both are loaded at the same moment, each with half of the load. */
    readonly duet?: Side
  }

/** What receives load, the labels of its run beside those of the options, and what a series varied of it. */
export type Side = {
  /** null: a script that names its hosts itself. */
  readonly target: Target | null
  readonly labels?: Readonly<Record<string, string>>
  readonly factors?: Run['factors']
}

type Load = {
  readonly script: Script
  readonly options: OwnOptions
  /** Of a search: iterations a second, instead of the load of somebody's own script. */
  readonly search?: number
  /** How long the target is loaded before it is measured, by somebody's own script or from pods. */
  readonly warmUpMs?: number
  readonly out: string
  readonly k6: K6
}

/** A load that has been checked, and what run.json says of it. */
export type Prepared = {
  /** For k6's environment. */
  readonly settings: Readonly<Record<string, string>>
  readonly stages: readonly Stage[]
  readonly load: Omit<Run['load'], 'stages'>
  readonly script?: Run['script']
  /** For generators in pods, where nothing here reaches the target. */
  readonly elsewhere?: Elsewhere
  /** Whether the script judges itself, so that no SLO is needed. */
  readonly judged?: boolean
  /** What is loaded, where that is not a target's URL. */
  readonly shown?: string | undefined
  /** Whether the load is the bundled workload's own. */
  readonly workload: boolean
  /** Whether every request is one that the workload counts as work. */
  readonly countsWork: boolean
  readonly through: string
  /** Whether k6's log may show the paths of URLs. */
  readonly paths: boolean
  readonly secrets: readonly string[]
  /** The folder that the script's paths start from. */
  readonly at?: string
  release(): Promise<void>
}

/** But for its folder. */
export const loadingOf = (
  { script, options, target, duet }: Order,
  prepared: Prepared,
  periodMs: number | null,
): Omit<Loading, 'folder'> => ({
  script,
  settings: prepared.settings,
  stages: prepared.stages,
  plannedMs: plannedMs(prepared.stages),
  options: { ...options, k6Out: options.k6Out ?? [] },
  periodMs,
  otherFolder: undefined,
  secrets: [
    ...[target, duet?.target].flatMap((each) => (each ? [each.url.username, each.url.password] : [])),
    ...prepared.secrets,
  ],
  paths: prepared.paths,
  at: prepared.at,
})

/** For a target that is inside a cluster. */
export const podsOf = (shell: Shell, inside: Inside, { options }: Order, { stages, elsewhere }: Prepared) =>
  inPods(shell, inside, options, { plannedMs: plannedMs(stages), given: elsewhere as Elsewhere })
