import type { UsageSample } from '../../analysis/formats/recording.ts'
import type { Run } from '../../analysis/formats/run.ts'
import type { Kubectl } from '../cluster/kubectl.ts'
import type { Reach } from './reach.ts'

/** What a series may change of a target between runs. */
export type Levels = {
  readonly replicas?: number
  readonly image?: string
  /** Limit of the container, in Kubernetes' notation; a request above it is lowered to it. */
  readonly cpu?: string
  /** Likewise. */
  readonly memory?: string
  /** Variables of the container by name. */
  readonly env?: Readonly<Record<string, string>>
}

/** A cluster in which generators can run. */
export type Inside = {
  /** For the namespace of the target. */
  readonly kubectl: Kubectl
  /** Of the target's pods. */
  readonly labels: Readonly<Record<string, string>>
}

/** What receives the load. Every verb takes any target. */
export type Target = {
  /** With credentials; `vary` may change it. A Failure where no address has answered so far. */
  readonly url: URL
  /** The cluster whose pods are to make the load; absent where this machine makes it. */
  readonly inside?: Inside | undefined
  /** The addresses that it was agreed to load. */
  readonly reach: Reach
  /** How many share its connections; absent where that is unknown. */
  readonly pods?: () => number
  /** Sets these levels, all else as it was before anything was varied, and waits until they are in effect; a Failure where this target cannot vary them. */
  vary(levels: Levels, signal: AbortSignal): Promise<void>
  /** Whether it is the bundled workload; a URL is asked. */
  isOurs(): Promise<boolean>
  /**
   * Starts observing, right before the load.
   * @param workload whether the load is the bundled workload's own; nobody else's service is asked for /insight
   */
  observe(options: { readonly scaling: boolean; readonly workload: boolean }): Promise<Observation>
  /**
   * Undoes what `vary` changed and stops what was started; never fails, and may be called twice. Gives false where
   * something could not be undone, which it says.
   */
  restore(): Promise<boolean>
}

export type Observation = {
  /** Watches what the target uses from here on; absent where that cannot be read. Gives all samples at its end. */
  readonly watchUsage?: () => { stop(): readonly UsageSample[] }
  /** For the name of the result folder; null where the number is unknown, or one because nobody chose it. */
  readonly replicas: number | null
  /**
   * The target's part of `run.json`, after the load; never fails, even if the target is gone.
   * @param countsWork whether every request of the load was /work, as the target counts them
   */
  finish(load: {
    readonly startedAt: Date
    readonly endedAt: Date
    readonly countsWork: boolean
  }): Promise<Run['target']>
}
