import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from '../shell/processes.ts'
import { watchUsage } from './usage.ts'

/** Starts and watches a Node program; `finished` when it has printed something. */
function watched(program: string, before: readonly string[] = []) {
  const [command = '', ...args] = [...before, process.execPath, '-e', `${program}; process.stdin.resume()`]
  const { child, pid, ended } = start(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const printed = new Promise((resolve) => child.stdout?.once('data', resolve))
  const end = () => {
    child.stdin?.end()
    return ended
  }
  return { finished: Promise.race([printed, ended]), usage: watchUsage(pid), end }
}

const busy = (cpuSeconds: number) =>
  `while (process.cpuUsage().user < ${cpuSeconds * 1e6}); console.log('done')`
const idle = `console.log('done')`

test('CPU, waiting and memory are those of the process', { skip: process.platform !== 'linux' }, async () => {
  // Two on one CPU: each must wait for the other.
  const [, cpu = ''] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  const onOneCpu = ['taskset', '-c', cpu]
  const processes = [
    watched(busy(1), onOneCpu),
    watched(busy(1), onOneCpu),
    watched(idle),
    watched(`globalThis.kept = Buffer.alloc(300 * 2 ** 20, 1); ${idle}`),
  ]
  await Promise.all(processes.map(({ finished }) => finished))
  // The watch looks twice a second.
  await sleep(1100)
  const [one, other, quiet, large] = processes.map(({ usage }) => usage.stop())
  await Promise.all(processes.map(({ end }) => end()))
  assert.ok(one && other && quiet && large)
  for (const { cpuSeconds, waitedSeconds } of [one, other]) {
    assert.ok((cpuSeconds ?? 0) > 5 * (quiet.cpuSeconds ?? Infinity), `${cpuSeconds} ${quiet.cpuSeconds}`)
    assert.ok((cpuSeconds ?? 0) >= 1)
    assert.ok(
      (waitedSeconds ?? 0) > 5 * (quiet.waitedSeconds ?? Infinity),
      `${waitedSeconds} ${quiet.waitedSeconds}`,
    )
  }
  assert.ok(one.samples.length >= 2)
  assert.ok(
    one.samples.every(({ at, cpuSeconds }, index) => {
      const before = one.samples[index - 1]
      return !before || (at > before.at && cpuSeconds >= before.cpuSeconds)
    }),
  )
  assert.ok((large.maxMemoryMiB ?? 0) > (quiet.maxMemoryMiB ?? Infinity) + 250)
  assert.ok((one.machineBusyCores ?? 0) > 0 && (one.machineBusyCores ?? 0) <= os.cpus().length)
})

test('a process that is not there was not measured', () => {
  assert.deepEqual(watchUsage(undefined).stop(), {
    cpuSeconds: null,
    waitedSeconds: null,
    throttled: null,
    maxMemoryMiB: null,
    machineBusyCores: null,
    samples: [],
  })
})
