import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answered, bundled, printed } from '../../test/script.ts'
import { serving } from '../../test/service.ts'

/** Of VUs whose requests take `ms`, over ten seconds: new connections a second of all, and of which request each was the last. */
const script = `import { renewing } from './renewal.ts'
const answer = ({ renewal, vus, ms }) => {
  let connections = 0
  let lasts = []
  for (let vu = 0; vu < vus; vu++) {
    let now = 0
    const ends = renewing(renewal, () => Math.floor(now), () => vus)
    lasts = []
    for (let sent = 1; now < 10_000; sent++) {
      now += ms
      if (ends()) {
        connections++
        lasts.push(sent)
      }
    }
  }
  return { perSecond: connections / 10, lasts: lasts.slice(0, 3) }
}`
type Answer = { perSecond: number; lasts: number[] }

test('a connection is renewed after as many requests as were asked for', async () => {
  const every = (after: number) => answered<Answer>(script, { renewal: { after }, vus: 1, ms: 1 })
  assert.deepEqual((await every(1)).lasts, [1, 2, 3])
  assert.deepEqual((await every(100)).lasts, [100, 200, 300])
})

test('without a number of requests, as often as ports allow, and never more', async () => {
  const at = async (vus: number, ms: number) =>
    (await answered<Answer>(script, { renewal: { perSecond: 235 }, vus, ms })).perSecond
  for (const [vus, ms] of [
    [8, 0.5],
    [50, 2],
    [1, 0.1],
  ] as const) {
    const perSecond = await at(vus, ms)
    // The first connections of a VU are short, until their number is found.
    assert.ok(perSecond > 200 && perSecond < 275, `${vus} VUs: ${perSecond} a second`)
  }
  // Slow answers do not need so many: one connection for each.
  assert.equal(await at(8, 100), 80)
})

test('a target sees as many connections as that makes of all requests', async () => {
  const sockets = new Set()
  const target = await serving((request, response) => {
    sockets.add(request.socket)
    response.end('fine')
  })
  try {
    await printed(
      await bundled(`import { request } from './request.ts'
import { settings } from './settings.ts'
Object.assign(__ENV, { BASE_URL: '${target.url}', LAS_REQUEST_PATH: '/', LAS_RENEW_CONNECTIONS: '10' })
const chosen = settings({ vus: 2, duration: '1s' })
export const options = { vus: 2, iterations: 200, noVUConnectionReuse: !chosen.keepConnections }
export default request(chosen)
export const handleSummary = () => ({})`),
    )
  } finally {
    target.close()
  }
  // The last connection of each VU may be a short one.
  assert.ok(sockets.size >= 20 && sockets.size <= 22, `${sockets.size} connections`)
})
