import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { readSource } from '../formats/read.ts'
import { statistics } from '../runs/statistics.ts'
import { modelOf } from './model.ts'

/** The blocks of a built-in scenario's page besides its verdict, tiles and lists. */
const pages: Record<string, string[]> = {
  ramp: [
    ...['latency', 'saturation', 'timeline', 'phases', 'inside', 'Figures'],
    ...['Where the time of a request went', 'Inside the workload', 'What was run'],
  ],
  mix: [
    ...['latency', 'timeline', 'phases', 'Figures', 'By kind of request'],
    ...['Where the time of a request went', 'Inside the workload', 'What was run'],
  ],
  arrival: [
    ...['latency', 'timeline', 'phases', 'Figures', 'Where the time of a request went'],
    ...['Latency from intended start', 'Inside the workload', 'What was run'],
  ],
}

describe('of a built-in scenario', () => {
  for (const [scenario, blocks] of Object.entries(pages))
    test(`${scenario}: figures stay as they were, and the page shows no table more`, async () => {
      const folder = path.join(import.meta.dirname, '../../test/fixtures/runs', scenario)
      const reading = await readSource(folder)
      assert.ok(reading.kind === 'source')
      const all = statistics([reading.source])
      const before = JSON.parse(readFileSync(path.join(folder, 'figures.json'), 'utf8'))
      const now = JSON.parse(JSON.stringify(all.runs[0]))
      // Phases were kept to people's own scripts then.
      const { phases } = now.measures
      assert.deepEqual(
        phases.map((phase: { name: string }) => phase.name),
        ['blocked', 'connecting', 'TLS', 'sending', 'waiting', 'receiving'],
      )
      now.measures.phases = []
      assert.deepEqual(Object.fromEntries(Object.keys(before).map((figure) => [figure, now[figure]])), before)
      const shown = modelOf(all).blocks.flatMap((block) =>
        block.kind === 'table' || block.kind === 'plot' ? [block.name] : [],
      )
      assert.deepEqual(shown, blocks)
    })
})
