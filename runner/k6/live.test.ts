import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from './api.ts'
import { liveFigures } from './live.ts'

test('progress is that of all k6 together, and the load begins when the first of them runs', async () => {
  let status = 1
  const api =
    (count: number): Api =>
    async (_, path) =>
      path === 'v1/status'
        ? { status, vus: 4 }
        : {
            sample: { count, rate: path.endsWith('http_req_failed') ? 0.1 : 0, 'p(95)': count },
          }
  let begun = 0
  const live = liveFigures([api(20), api(30)], 60_000, () => void begun++)
  try {
    while (live.words() === '') await sleep(20)
    assert.equal(begun, 0, 'it makes its VUs')
    assert.match(
      live.words(),
      /^\d\d s left, \d+(\.\d+)? requests\/s, p95 up to 30 ms so far, 10 % errors, 8 VUs$/,
    )
    status = 7
    while (begun === 0) await sleep(20)
    await sleep(1100)
    assert.equal(begun, 1)
  } finally {
    live.stop()
  }
})
