import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { type ControlGroup, controlGroup } from './cgroup.ts'

/** The control group that these files describe. */
function groupOf(t: TestContext, files: Record<string, string>): ControlGroup {
  const root = mkdtempSync(path.join(os.tmpdir(), 'las-cgroup-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), `${text}\n`)
  }
  return controlGroup(root)
}

const machine = {
  cpuCores: os.availableParallelism(),
  memoryMiB: Math.round(os.totalmem() / 2 ** 20),
}
const statV2 =
  'usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 40\nnr_throttled 10\nthrottled_usec 1500000'
const statV1 = 'nr_periods 40\nnr_throttled 10\nthrottled_time 1500000000'
const throttled = { usedSeconds: 2.5, periods: 40, throttledPeriods: 10, throttledSeconds: 1.5 }

test('v2, in a container: the group is mounted at the root', (t) => {
  const group = groupOf(t, {
    'proc/self/cgroup': '0::/',
    'sys/fs/cgroup/cpu.max': '50000 100000',
    'sys/fs/cgroup/cpu.stat': statV2,
    'sys/fs/cgroup/memory.max': String(64 * 2 ** 20),
  })
  assert.deepEqual(group.limits(), { cpuCores: 0.5, memoryMiB: 64 })
  assert.deepEqual(group.cpu(), { ...throttled, quotaCores: 0.5 })
})

test('v2, on a host: the group is the path in /proc/self/cgroup, here without limits', (t) => {
  const group = groupOf(t, {
    'proc/self/cgroup': '0::/user.slice/session-1.scope',
    'sys/fs/cgroup/cpu.stat': statV2.replace('2500000', '9000000'),
    'sys/fs/cgroup/user.slice/session-1.scope/cpu.max': 'max 100000',
    'sys/fs/cgroup/user.slice/session-1.scope/cpu.stat': statV2,
    'sys/fs/cgroup/user.slice/session-1.scope/memory.max': 'max',
  })
  assert.deepEqual(group.limits(), machine)
  assert.deepEqual(group.cpu(), { ...throttled, quotaCores: null })
})

test('v1, in a container: one folder per controller, throttling in nanoseconds', (t) => {
  const group = groupOf(t, {
    'proc/self/cgroup': '5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc',
    'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '25000',
    'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
    'sys/fs/cgroup/cpu/cpu.stat': statV1,
    'sys/fs/cgroup/cpuacct/cpuacct.usage': '2500000000',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': String(32 * 2 ** 20),
  })
  assert.deepEqual(group.limits(), { cpuCores: 0.25, memoryMiB: 32 })
  assert.deepEqual(group.cpu(), { ...throttled, quotaCores: 0.25 })
})

test('v1 writes "no limit" as −1 or as a huge number', (t) => {
  const group = groupOf(t, {
    'proc/self/cgroup': '5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc',
    'sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us': '-1',
    'sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us': '100000',
    'sys/fs/cgroup/cpu/docker/abc/cpu.stat': statV1,
    'sys/fs/cgroup/cpuacct/docker/abc/cpuacct.usage': '2500000000',
    'sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '9223372036854771712',
  })
  assert.deepEqual(group.limits(), machine)
  assert.deepEqual(group.cpu(), { ...throttled, quotaCores: null })
})

test('the root group of a machine is no container, in v2 and in v1', (t) => {
  const v2 = { 'proc/self/cgroup': '0::/', 'sys/fs/cgroup/cpu.stat': statV2 }
  const v1 = {
    'proc/self/cgroup': '4:cpu,cpuacct:/',
    'sys/fs/cgroup/cpu/cpu.stat': statV1,
    'sys/fs/cgroup/cpu/release_agent': '',
    'sys/fs/cgroup/cpuacct/cpuacct.usage': '2500000000',
  }
  for (const files of [v2, v1, {}]) {
    const group = groupOf(t, files)
    assert.equal(group.cpu(), null)
    assert.deepEqual(group.limits(), machine)
  }
})
