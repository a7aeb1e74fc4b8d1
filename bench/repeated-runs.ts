import { readFileSync } from 'node:fs'
import path from 'node:path'
import { csvParse } from 'd3-dsv'

/** Figures of real runs under identical conditions, one row a run. */
export const repeatedRuns = () =>
  csvParse(readFileSync(path.join(import.meta.dirname, 'data/repeated-runs.csv'), 'utf8'))
