import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { mean, medianSorted, quantileSorted, sampleStandardDeviation } from 'simple-statistics'
import { number } from '../analysis/formats/words.ts'
import { guard } from '../runner/shell/processes.ts'
import { type Embedded, startWorkload } from '../runner/targets/embedded.ts'
import { readInsight } from '../runner/targets/insight.ts'
import { burn, warmUp } from '../workload/burn.ts'
import { threadCpuMs } from '../workload/thread-clock.ts'

/**
 * What the workload claims, beside what it is compared with, in one run: CPU asked for and achieved (stress-ng),
 * the evenness and throughput of /work (the same kernel in a bare loop), and how the service answers meanwhile
 * (itself at rest; a bare node:http server). Needs stress-ng and wrk, both in Debian. BENCH_SECONDS shortens it.
 */
const seconds = Number(process.env.BENCH_SECONDS ?? 20)
const rounds = 3

/** A process that ends with the bench, however that ends: in a session of its own it does not hear Ctrl-C. */
function apart(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore', ...options, detached: true })
  const watched = child.pid ? guard(child.pid) : undefined
  child.once('close', () => watched?.release())
  return child
}

const ended = (child: ChildProcess) => {
  child.kill('SIGTERM')
  return once(child, 'close')
}

/** CPU seconds of a process, its threads and its children, by the scheduler's account. */
function cpuSeconds(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`)
  return tasks.reduce((sum, task) => {
    try {
      const own = Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e9
      const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .trim()
        .split(' ')
        .filter(Boolean)
      return sum + own + children.reduce((of, child) => of + cpuSeconds(Number(child)), 0)
    } catch {
      return sum
    }
  }, 0)
}

/** Cores used in each of so many seconds. */
async function watched(pid: number): Promise<number[]> {
  const used: number[] = []
  let [at, cpu] = [performance.now(), cpuSeconds(pid)]
  for (let second = 1; second <= seconds; second++) {
    await sleep(1000)
    const [now, then] = [performance.now(), cpuSeconds(pid)]
    used.push(((then - cpu) * 1000) / (now - at))
    ;[at, cpu] = [now, then]
  }
  return used
}

type Loader = (cores: number, load: number) => Promise<number[]>

const oursAt =
  ({ url, pid }: Embedded): Loader =>
  async (cores, load) => {
    await fetch(`${url}/stress?seconds=${seconds + 5}&cores=${cores}&load=${load}`)
    await sleep(1500)
    const used = await watched(pid)
    await fetch(`${url}/stress/jobs`, { method: 'DELETE' })
    return used
  }

// Each side and the competitor in a session of its own, as the workload is: Linux shares CPU between sessions first.
const stressNg: Loader = async (cores, load) => {
  const child = apart('stress-ng', ['--cpu', String(cores), '--cpu-load', String(load), '--quiet'])
  try {
    await sleep(1500)
    return await watched(child.pid ?? 0)
  } finally {
    await ended(child)
  }
}

const row = (name: string, cells: string[]) =>
  console.log(name.padEnd(30) + cells.map((cell) => cell.padStart(12)).join(''))

async function accuracy(): Promise<void> {
  console.log(
    `\nCPU asked for and achieved, per core, over ${seconds} s: error of the mean ± deviation of single seconds, in percentage points`,
  )
  row('', ['ours', '', 'stress-ng', ''])
  // The program that the image holds, in a session of its own.
  const workload = await startWorkload(process.env)
  // What Node collects and compiles after a start is no part of a load.
  await sleep(20_000)
  for (const beside of [false, true]) {
    const errors: Record<string, number[]> = { ours: [], stressNg: [] }
    const deviations: Record<string, number[]> = { ours: [], stressNg: [] }
    for (const cores of [1, 2]) {
      for (const load of [10, 30, 50, 80]) {
        const competitor = beside ? apart(process.execPath, ['-e', 'for(;;);']) : null
        const cells: string[] = []
        for (const [name, measure] of Object.entries({ ours: oursAt(workload), stressNg })) {
          const share = (await measure(cores, load)).map((used) => (100 * used) / cores)
          const [error, deviation] = [mean(share) - load, sampleStandardDeviation(share)]
          errors[name]?.push(Math.abs(error))
          deviations[name]?.push(deviation)
          cells.push(signed(error), `± ${deviation.toFixed(2)}`)
        }
        if (competitor) await ended(competitor)
        row(`${load} % of ${cores}${beside ? ', beside a busy process' : ''}`, cells)
      }
    }
    const summary = ['ours', 'stressNg'].flatMap((name) => [
      mean(errors[name] ?? []).toFixed(2),
      `± ${mean(deviations[name] ?? []).toFixed(2)}`,
    ])
    row(beside ? 'mean, beside a busy process' : 'mean, alone', summary)
  }
  await workload.stop()
}

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`

async function evenness(): Promise<void> {
  const workload = await startWorkload(process.env)
  try {
    const threads = () =>
      new Map(
        readdirSync(`/proc/${workload.pid}/task`).map((task) => [
          task,
          Number(readFileSync(`/proc/${workload.pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
        ]),
      )
    const units = Math.round(5 * ((await readInsight(workload.url))?.work.unitsPerMs ?? 0))
    const variations: { work: number[]; kernel: number[] } = { work: [], kernel: [] }
    const asleep = new Int32Array(new SharedArrayBuffer(4))
    // Warm, on both sides.
    for (let request = 0; request < 20; request++) await (await fetch(`${workload.url}/work?ms=5`)).text()
    warmUp()
    for (let round = 0; round < 9; round++) {
      const work: number[] = []
      const kernel: number[] = []
      for (let request = 0; request < 60; request++) {
        const before = threads()
        await (await fetch(`${workload.url}/work?ms=5`)).text()
        await sleep(1)
        // The thread that did it is the one that used most.
        work.push(Math.max(...[...threads()].map(([task, ms]) => ms - (before.get(task) ?? 0))))
        // The scheduler's account is exact for a thread that has just slept.
        Atomics.wait(asleep, 0, 0, 1)
        const start = threadCpuMs()
        burn(units)
        Atomics.wait(asleep, 0, 0, 1)
        kernel.push(threadCpuMs() - start)
      }
      variations.work.push((100 * sampleStandardDeviation(work)) / mean(work))
      variations.kernel.push((100 * sampleStandardDeviation(kernel)) / mean(kernel))
    }
    const words = (of: number[]) =>
      `${median(of).toFixed(2)} % (${Math.min(...of).toFixed(2)} to ${Math.max(...of).toFixed(2)})`
    console.log(
      `\nCoefficient of variation of CPU time, medians of 9 rounds of 60: GET /work?ms=5 one at a time ${words(variations.work)}, the kernel by itself ${words(variations.kernel)}`,
    )
  } finally {
    await workload.stop()
  }
}

/** Calls of burn(units) per second on `threads` threads that do nothing else. */
async function bareLoop(threads: number, units: number): Promise<number> {
  // Neither function uses anything from outside, so their text is a program.
  const program = `${burn}
    ${warmUp}
    warmUp()
    let done = 0
    const start = performance.now()
    while (performance.now() - start < ${(seconds / 4) * 1000}) { burn(${units}); done++ }
    require('node:worker_threads').parentPort.postMessage(done * 1000 / (performance.now() - start))`
  const rates = Array.from({ length: threads }, async () => {
    const [rate] = await once(new Worker(program, { eval: true, execArgv: [] }), 'message')
    return rate as number
  })
  return (await Promise.all(rates)).reduce((a, b) => a + b, 0)
}

async function wrk(url: string, connections: number): Promise<number> {
  const child = spawn('wrk', ['-t1', `-c${connections}`, `-d${Math.ceil(seconds / 4)}s`, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (data) => {
    said += data
  })
  await once(child, 'close')
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1])
}

async function throughput(): Promise<void> {
  console.log('\nGET /work?ms=5 at saturation, requests/s, medians')
  row('', ['/work', 'bare loop', 'ratio'])
  for (const threads of [1, 2]) {
    const workload = await startWorkload({ ...process.env, WORK_THREADS: String(threads) })
    const served: number[] = []
    const bare: number[] = []
    try {
      const units = Math.round(5 * ((await readInsight(workload.url))?.work.unitsPerMs ?? 0))
      for (let round = 0; round < rounds; round++) {
        bare.push(await bareLoop(threads, units))
        served.push(await wrk(`${workload.url}/work?units=${units}`, 8 * threads))
      }
    } finally {
      await workload.stop()
    }
    const [ofUs, ofLoop] = [median(served), median(bare)]
    row(`${threads} thread${threads > 1 ? 's' : ''} of 2 cores`, [
      number(ofUs),
      number(ofLoop),
      (ofUs / ofLoop).toFixed(3),
    ])
  }
}

const sorted = (values: number[]) => values.toSorted((a, b) => a - b)
const median = (values: number[]) => medianSorted(sorted(values))

/** Times of one request after the other until that is over, in ms. */
async function during(url: string, what: Promise<unknown>): Promise<number[]> {
  const agent = new http.Agent({ keepAlive: true })
  const timed = () =>
    new Promise<number>((resolve, reject) => {
      const start = performance.now()
      http
        .get(url, { agent }, (response) =>
          response.resume().on('end', () => resolve(performance.now() - start)),
        )
        .on('error', reject)
    })
  let over = false
  const end = what.finally(() => {
    over = true
  })
  const times: number[] = []
  while (!over) {
    times.push(await timed())
    await sleep(5)
  }
  await end
  agent.destroy()
  return times
}

async function answering(): Promise<void> {
  const workload = await startWorkload(process.env)
  const bare = spawn(
    process.execPath,
    [
      '-e',
      `const body = JSON.stringify({ status: 'ok' })
      const server = require('node:http').createServer((request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body))
      server.listen(0, '127.0.0.1', () => console.log(server.address().port))`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  try {
    const [port] = await once(bare.stdout, 'data')
    const healthz = `${workload.url}/healthz`
    await during(healthz, sleep(1000))
    const atRest: number[] = []
    const loaded: number[] = []
    const rates: { ours: number[]; bare: number[] } = { ours: [], bare: [] }
    for (let round = 0; round < rounds; round++) {
      atRest.push(...(await during(healthz, sleep((seconds / 4) * 1000))))
      loaded.push(
        ...(await during(healthz, fetch(`${workload.url}/stress?seconds=${seconds / 4}&wait=true`))),
      )
      rates.ours.push(await wrk(healthz, 16))
      rates.bare.push(await wrk(`http://127.0.0.1:${String(port).trim()}/`, 16))
    }
    console.log('\nGET /healthz')
    row('', ['requests', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms'])
    for (const [name, times] of Object.entries({ 'at rest': atRest, 'while every core burns': loaded })) {
      const quantiles = [0.5, 0.9, 0.99, 1].map((q) => number(quantileSorted(sorted(times), q)))
      row(name, [String(times.length), ...quantiles])
    }
    row('', ['ours', 'node:http', 'ratio'])
    const [ofUs, ofNode] = [median(rates.ours), median(rates.bare)]
    row('requests/s, medians', [number(ofUs), number(ofNode), (ofUs / ofNode).toFixed(3)])
  } finally {
    await ended(bare)
    await workload.stop()
  }
}

const parts: Record<string, () => Promise<void>> = { accuracy, evenness, throughput, answering }
for (const [name, part] of Object.entries(parts)) {
  if (process.argv.length < 3 || process.argv.includes(name)) await part()
}
process.exit()
