import type { Run } from '../../analysis/formats/run.ts'

/** What a series may change of a target between runs. */
export type Levels = { readonly replicas?: number; readonly image?: string }

/** What is loaded. Every verb takes any of them. */
export type Target = {
  /** Where it is, credentials included; may change with `vary`. */
  readonly url: URL
  /** Sets these levels and waits until all of it stands; a Failure where this target cannot vary them. */
  vary(levels: Levels, signal: AbortSignal): Promise<void>
  /** Begins to watch it, right before the load. */
  observe(options: { readonly scaling: boolean }): Promise<Observation>
  /** Leaves it as it was found, and ends what was started for it. May be called twice. */
  restore(): Promise<void>
}

export type Observation = {
  /** How many replicas stand behind the URL, where that is known. */
  readonly replicas: number | null
  /**
   * What `run.json` says of the target, asked once more after the load; never fails, whatever has become of it.
   * @param countsWork whether every request of the load was /work, so that the target's own count can be compared
   */
  finish(load: {
    readonly startedAt: Date
    readonly endedAt: Date
    readonly countsWork: boolean
  }): Promise<Run['target']>
}
