import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { number } from '../analysis/format.ts'
import { startWorkload } from '../runner/target.ts'

/**
 * Does the service stay responsive while /stress burns every core? Rounds of GET /healthz, at rest and under load in
 * turn, so that whatever else the machine does meets both.
 */
const rounds = 5
const seconds = 4
const pauseMs = 5

const workload = await startWorkload(process.env)
try {
  const agent = new http.Agent({ keepAlive: true })
  const timed = () =>
    new Promise<number>((resolve, reject) => {
      const start = performance.now()
      http
        .get(`${workload.url}/healthz`, { agent }, (response) =>
          response.resume().on('end', () => resolve(performance.now() - start)),
        )
        .on('error', reject)
    })
  /** How long requests took, in ms, one after the other until that is over. */
  const during = async (what: Promise<unknown>) => {
    let over = false
    const end = what.finally(() => {
      over = true
    })
    const times: number[] = []
    while (!over) {
      times.push(await timed())
      await sleep(pauseMs)
    }
    await end
    return times
  }

  await during(sleep(1000))
  const atRest: number[] = []
  const loaded: number[] = []
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round} of ${rounds} …`)
    atRest.push(...(await during(sleep(seconds * 1000))))
    loaded.push(...(await during(fetch(`${workload.url}/stress?seconds=${seconds}&wait=true`))))
  }

  const rank = (times: number[], p: number) =>
    times.sort((a, b) => a - b)[Math.ceil((p / 100) * times.length) - 1] ?? Number.NaN
  const row = (name: string, cells: string[]) =>
    console.log(name.padEnd(14) + cells.map((cell) => cell.padStart(10)).join(''))
  row('GET /healthz', ['requests', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms'])
  for (const [name, times] of Object.entries({ 'at rest': atRest, 'under /stress': loaded })) {
    row(name, [String(times.length), ...[50, 90, 99, 100].map((p) => number(rank(times, p)))])
  }
  console.log(`ratio of medians: ${number(rank(loaded, 50) / rank(atRest, 50))}`)
} finally {
  await workload.stop()
}
process.exit()
