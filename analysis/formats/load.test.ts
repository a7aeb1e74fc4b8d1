import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadWords, seriesLoad, sizesWords, sizeWords, stageWords, successWords, thinkWords } from './load.ts'

const stages = (vus: number[], offered: number | null = null, seconds = [10]) =>
  vus.map((each, index) => ({
    stage: String(index + 1),
    vus: each,
    offered: offered === null ? null : offered * (index + 1),
    startMs: 0,
    durationMs: 1000 * (seconds[index] ?? seconds[0] ?? 0),
  }))

const random = stages([9], 20).map((stage) => ({ ...stage, poissonSeed: 7 }))

test('a stage’s size is in VUs, or in requests per second of an open model', () => {
  assert.equal(sizeWords({ vus: 1, offered: null }), '1 VU')
  assert.equal(sizeWords({ vus: 80, offered: 1500 }), '1,500/s')
  assert.equal(sizeWords({ vus: null, offered: null }), null)
  assert.equal(stageWords({ stage: '3', vus: 8, offered: null }), 'stage 3 · 8 VUs')
  assert.equal(stageWords({ stage: '3', vus: null, offered: null }), 'stage 3')
})

test('a whole load in words', () => {
  assert.equal(sizesWords(stages([1, 2, 4])), '1 → 2 → 4 VUs')
  assert.equal(sizesWords(stages([1])), '1 VU')
  assert.equal(sizesWords(stages([9, 9], 20)), '20 → 40 requests/s')
  assert.equal(loadWords(stages([1])), '1 VU for 10 s')
  assert.equal(loadWords(stages([1, 2], null, [5, 10])), 'plateaus of 1, 2 VUs, 5 s, 10 s')
  assert.equal(loadWords(stages([9, 9], 20)), 'open: 20, 40 requests/s, 10 s each')
  assert.equal(sizesWords(random), '20 requests/s, Poisson arrivals (seed 7)')
  assert.equal(loadWords(random), 'open: 20 requests/s, Poisson arrivals (seed 7), 10 s each')
})

test('the load that identifies a series in the history never changes', () => {
  const of = (part: ReturnType<typeof stages>, connections: 'kept' | 'one per iteration') =>
    seriesLoad({ request: 'GET /work?ms=5', stages: part, connections })
  assert.equal(
    of(stages([1, 1000], null, [5, 2.5]), 'one per iteration'),
    'GET /work?ms=5, 1 VU for 5 s + 1000 VUs for 2.5 s, connections one per iteration',
  )
  assert.equal(of(stages([9], 1500), 'kept'), 'GET /work?ms=5, 1500/s for 10 s, connections kept')
  const renewed = { request: 'GET /x', stages: stages([2]), connections: 'renewed' as const }
  assert.equal(seriesLoad(renewed), 'GET /x, 2 VUs for 10 s, connections renewed')
  assert.equal(
    seriesLoad({ ...renewed, renewedAfter: 20 }),
    'GET /x, 2 VUs for 10 s, connections renewed after 20 requests',
  )
  assert.equal(
    of(random, 'kept'),
    'GET /work?ms=5, 20/s for 10 s, Poisson arrivals (seed 7), connections kept',
  )
})

test('pauses and what counts as success belong to the identity of a series, where they were given', () => {
  const load = { request: 'GET /x', stages: stages([2]), connections: 'kept' as const }
  assert.equal(seriesLoad(load), 'GET /x, 2 VUs for 10 s, connections kept')
  assert.equal(
    seriesLoad({ ...load, thinkMs: 1500, expectStatus: '404', expectBody: 'a "b"' }),
    'GET /x, 2 VUs for 10 s, connections kept, paused 1.5 s after each answer, success is a body with "a \\"b\\""',
  )
  assert.equal(
    successWords({ expectStatus: '200-299,404', expectBody: 'fine' }),
    'status 200-299,404, a body with "fine"',
  )
  assert.deepEqual([successWords({}), thinkWords({})], [null, null])
})
