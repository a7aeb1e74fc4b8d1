import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { answered, bundled, printed } from '../../test/script.ts'

test('a mix keeps its shares even over few iterations', async () => {
  const iterations = 1000
  const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 })
  const mixes = [[8, 1, 1], [0.5, 0.25], ...fc.sample(weights, 20)]
  const sent = JSON.parse(
    await printed(
      await bundled(`import { Counter } from 'k6/metrics'
import { mixed } from './request.ts'
const mixes = ${JSON.stringify(mixes)}.map((weights, mix) => {
  const kinds = weights.map((_, kind) => new Counter('mix_' + mix + '_' + kind))
  return mixed({ ...kinds.map((sent) => () => sent.add(1)) }, { ...weights })
})
export const options = { vus: 2, iterations: ${iterations} }
export default () => mixes.forEach((send) => send())
export const handleSummary = ({ metrics }) => ({
  stdout: JSON.stringify(Object.fromEntries(Object.entries(metrics).map(([name, { values }]) => [name, values.count]))),
})`),
    ),
  )
  for (const [mix, weights] of mixes.entries()) {
    const total = weights.reduce((a, b) => a + b, 0)
    const counts = weights.map((_, kind) => sent[`mix_${mix}_${kind}`] as number)
    assert.equal(
      counts.reduce((a, b) => a + b, 0),
      iterations,
    )
    for (const [kind, weight] of weights.entries())
      assert.ok(Math.abs((counts[kind] ?? 0) - (iterations * weight) / total) < 5, `${weights}: ${counts}`)
  }
})

test('a weight for an unknown kind of request is refused with the names of the kinds', async () => {
  const error = await answered<string>(
    `import { mixed } from './request.ts'
const answer = (weights) => {
  try {
    mixed({ work: () => {}, cpu: () => {} }, weights)
  } catch (error) {
    return error.message
  }
}`,
    { work: 1, disk: 2 },
  )
  assert.equal(error, 'LAS_MIX: unknown kind of request "disk"; available: work, cpu')
})
