import type { RunStatistics } from '../statistics.ts'
import { colour } from './svg.ts'

export type { RunStatistics }

/** A, B, C … by which the pictures and tables of several runs name them. */
export const letter = (index: number): string =>
  index < 26 ? String.fromCharCode(65 + index) : letter(Math.floor(index / 26) - 1) + letter(index % 26)

/** The lines that tell which run is which; none for a run on its own. */
export const runKey = (runs: readonly RunStatistics[]): { label: string; colour: string }[] =>
  runs.length === 1
    ? []
    : runs.map(({ name }, index) => ({ label: `${letter(index)}  ${name}`, colour: colour(index) }))
