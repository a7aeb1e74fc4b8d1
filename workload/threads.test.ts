import assert from 'node:assert/strict'
import { once } from 'node:events'
import os from 'node:os'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { calibrate } from './burn.ts'
import { type Load, stress } from './stress.ts'
import { startThread } from './threads.ts'
import { workPool } from './work.ts'

const unitsPerMs = calibrate(5)
const load = (of: Partial<Load>): Load => ({
  seconds: 2,
  cores: 1,
  load: 100,
  memoryMiB: 0,
  profile: 'constant',
  periodSeconds: 1,
  ...of,
})

describe('work', () => {
  test('runs in order of arrival, is refused when the queue is full, and can be cancelled while it waits', async () => {
    const pool = workPool(1, 3)
    try {
      const clients = new AbortController()
      const order: string[] = []
      const run = (name: string, signal?: AbortSignal) =>
        pool.run(30 * unitsPerMs, signal).then(({ kind }) => order.push(`${name} ${kind}`))
      const all = [run('a'), run('b'), run('c', clients.signal), run('d'), run('e')]
      clients.abort()
      await Promise.all(all)
      assert.deepEqual(order.toSorted(), ['a burned', 'b burned', 'c cancelled', 'd burned', 'e full'])
      assert.deepEqual(
        order.filter((each) => each.endsWith('burned')),
        ['a burned', 'b burned', 'd burned'],
      )
      // All slots are free again.
      const again = await Promise.all(Array.from({ length: 4 }, () => pool.run(1)))
      assert.ok(again.every(({ kind }) => kind === 'burned'))
    } finally {
      await pool.close()
    }
  })

  test('wraps around its ring many times on several threads, and no task is lost or done twice', async () => {
    const pool = workPool(3, 5)
    try {
      let done = 0
      for (let round = 0; round < 3000; round++) {
        const results = await Promise.all(Array.from({ length: 8 }, () => pool.run(1)))
        done += results.filter(({ kind }) => kind === 'burned').length
      }
      assert.equal(done, 24_000)
      assert.equal(pool.waiting(), 0)
    } finally {
      await pool.close()
    }
  })

  test('on a thread that ends is reported as lost, and a new thread does the rest', async () => {
    const started: Worker[] = []
    const pool = workPool(1, 10, (data) => {
      const worker = startThread('work', data)
      started.push(worker)
      return worker
    })
    try {
      // A thread that ends within its first second would end the process.
      await sleep(1100)
      const first = pool.run(5000 * unitsPerMs)
      const second = pool.run(1)
      while (pool.waiting() > 1) await sleep(1)
      started[0]?.terminate()
      assert.deepEqual(await first, { kind: 'lost' })
      assert.equal((await second).kind, 'burned')
      assert.equal(pool.threadsLost(), 1)
    } finally {
      await pool.close()
    }
  })
})

describe('load', () => {
  test('jobs add up over the threads, and the CPU of each is counted separately', async () => {
    const loads = stress({ threads: 2, jobs: 5, memoryMiB: 100 }, unitsPerMs)
    const before = process.cpuUsage()
    try {
      const started = [
        loads.start(load({ load: 20 })),
        loads.start(load({ cores: 2, load: 15 })),
        loads.start(load({ load: 40, profile: 'square' })),
      ]
      const jobs = await Promise.all(started.map((each) => (each.kind === 'started' ? each.finished : null)))
      for (const job of jobs) {
        assert.ok(job)
        assert.equal(job.state, 'ended')
        // Other processes can keep a thread from getting its share; nothing can give it more.
        assert.ok(job.achievedCpuSeconds > 0, JSON.stringify(job))
        assert.ok(job.achievedCpuSeconds < 1.1 * job.askedCpuSeconds + 0.02, JSON.stringify(job))
      }
      assert.deepEqual(
        jobs.map((job) => Number(job?.askedCpuSeconds.toFixed(6))),
        [0.4, 0.6, 0.4],
      )
      const sum = jobs.reduce((total, job) => total + (job?.achievedCpuSeconds ?? 0), 0)
      assert.ok(Math.abs(loads.burnedSeconds() - sum) < 0.1)
      const { user, system } = process.cpuUsage(before)
      assert.ok(sum < 1.1 * ((user + system) / 1e6), `${sum} s of ${user + system} µs`)
    } finally {
      await loads.close()
    }
  })

  test('on a busy machine no job gets CPU that another is owed', async () => {
    const loads = stress({ threads: 1, jobs: 5, memoryMiB: 100 }, unitsPerMs)
    const busy = Array.from(
      { length: 2 * os.availableParallelism() },
      () => new Worker('const end = Date.now() + 2500; while (Date.now() < end);', { eval: true }),
    )
    try {
      await Promise.all(busy.map((each) => once(each, 'online')))
      // The square asks for all its CPU in the first half of each second and is still owed some in the other
      // half.
      const started = [loads.start(load({ load: 15 })), loads.start(load({ load: 40, profile: 'square' }))]
      for (const each of started) {
        const job = each.kind === 'started' ? await each.finished : null
        assert.ok(job && job.achievedCpuSeconds > 0)
        assert.ok(job.achievedCpuSeconds < 1.1 * job.askedCpuSeconds + 0.02, JSON.stringify(job))
      }
    } finally {
      await Promise.all(busy.map((each) => each.terminate()))
      await loads.close()
    }
  })

  test('a cancelled job stops burning', async () => {
    const loads = stress({ threads: 2, jobs: 5, memoryMiB: 100 }, unitsPerMs)
    try {
      const cpuInHalfASecond = async () => {
        const before = process.cpuUsage()
        await sleep(500)
        const { user, system } = process.cpuUsage(before)
        return user + system
      }
      const one = loads.start(load({ seconds: 60, cores: 2 }))
      assert.ok(one.kind === 'started')
      while (loads.burnedSeconds() < 0.2) await sleep(20)
      const during = await cpuInHalfASecond()
      loads.cancel(one.job.id)
      assert.equal((await one.finished).state, 'cancelled')
      await sleep(50)
      const afterwards = await cpuInHalfASecond()
      assert.ok(afterwards < during / 3, `${during} µs of CPU during the load, ${afterwards} µs afterwards`)
    } finally {
      await loads.close()
    }
  })

  test('memory jobs started and ended in a row stay within the budget', async () => {
    const loads = stress({ threads: 1, jobs: 5, memoryMiB: 200 }, unitsPerMs)
    let peak = 0
    const before = process.memoryUsage.rss()
    const watching = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss() - before)
    }, 2)
    try {
      for (let round = 0; round < 8; round++) {
        const one = loads.start(load({ seconds: 60, load: 0, memoryMiB: 200 }))
        assert.ok(one.kind === 'started', `round ${round}`)
        while ((loads.find(one.job.id)?.heldMiB ?? 0) < 200) await sleep(2)
        loads.cancel(one.job.id)
        assert.deepEqual(loads.start(load({ memoryMiB: 1 })), { kind: 'refused', reason: 'memory' })
        await loads.freed()
      }
      assert.ok(peak < 230 * 2 ** 20, `${peak / 2 ** 20} MiB`)
    } finally {
      clearInterval(watching)
      await loads.close()
    }
  })

  test('memory is held while the job runs and freed when it ends', async () => {
    const loads = stress({ threads: 1, jobs: 5, memoryMiB: 300 }, unitsPerMs)
    try {
      const before = process.memoryUsage.rss()
      const job = loads.start(load({ seconds: 60, load: 0, memoryMiB: 200 }))
      assert.ok(job.kind === 'started')
      while ((loads.find(job.job.id)?.heldMiB ?? 0) < 200) await sleep(10)
      assert.ok(process.memoryUsage.rss() - before > 180 * 2 ** 20)
      assert.deepEqual(loads.start(load({ memoryMiB: 101 })), { kind: 'refused', reason: 'memory' })
      loads.cancel(job.job.id)
      while (process.memoryUsage.rss() - before > 80 * 2 ** 20) await sleep(50)
    } finally {
      await loads.close()
    }
  })
})
