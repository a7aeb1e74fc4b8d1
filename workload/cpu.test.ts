import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CpuSample, cpuMeter, parseProcStat, sampleCpu } from './cpu.ts'

/** What a meter reads that gets these samples, the first of them at its start. */
function readings(samples: CpuSample[]) {
  const queue = [...samples]
  const meter = cpuMeter(2, () => queue.shift() as CpuSample)
  const read = samples.slice(1).map(() => meter.read())
  meter.stop()
  return read
}
const sample = (atMs: number, processSeconds: number): CpuSample => ({
  atMs,
  processSeconds,
  group: null,
  cores: [],
})

test('the window is the last second, or all there is at the start', () => {
  const read = readings([sample(0, 0), sample(400, 0.2), sample(1000, 0.8), sample(1500, 1.8)])
  assert.deepEqual(
    read.map(({ windowMs, process }) => [windowMs, process.cores, process.shareOfLimit]),
    [
      [400, 0.5, 0.25],
      [1000, 0.8, 0.4],
      [1100, 1.6 / 1.1, 0.8 / 1.1],
    ],
  )
})

test('two samples at the same moment are no CPU', () => {
  assert.deepEqual(readings([sample(0, 1), sample(0, 1)])[0]?.process, { cores: 0, shareOfLimit: 0 })
})

test('the container has the CPU of the window and its throttling so far; each core its busy share', () => {
  const at = (atMs: number, usedSeconds: number, periods: number, busy: number): CpuSample => ({
    atMs,
    processSeconds: 0,
    group: { usedSeconds, quotaCores: 0.5, periods, throttledPeriods: 3, throttledSeconds: 0.1 },
    cores: [
      { busy, all: atMs },
      { busy: 0, all: 0 },
    ],
  })
  const [read] = readings([at(0, 1, 10, 0), at(2000, 2, 30, 500)])
  assert.deepEqual(read?.container, {
    cores: 0.5,
    shareOfLimit: 0.25,
    quotaCores: 0.5,
    periods: 30,
    throttledPeriods: 3,
    throttledSeconds: 0.1,
  })
  assert.deepEqual(read?.host, { cores: 2, busyCores: 0.25, perCore: [0.25, 0] })
})

test('/proc/stat: waiting for I/O is idle, guests are not counted twice', () => {
  const text = `cpu  20 4 6 100 10 2 2 2 8 1
cpu0 10 2 3 50 5 1 1 1 4 1
cpu1 0 0 0 60 0 0 0 0 0 0
intr 12345
ctxt 99`
  assert.deepEqual(parseProcStat(text), [
    { busy: 18, all: 73 },
    { busy: 0, all: 60 },
  ])
})

test('a sample of this process has its CPU and the cores of the machine', () => {
  const { processSeconds, group, cores } = sampleCpu({
    limits: () => ({ cpuCores: 1, memoryMiB: 1 }),
    cpu: () => null,
  })
  assert.ok(processSeconds > 0 && cores.length > 0)
  assert.equal(group, null)
})
