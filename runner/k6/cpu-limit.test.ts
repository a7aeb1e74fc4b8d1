import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { cpuLimits, throttledShare } from './cpu-limit.ts'

type Files = Readonly<Record<string, string>>

/** The share between two looks at a system whose files are these, and then those. */
function shareBetween(t: TestContext, ranSeconds: number, ...looks: readonly [Files, Files]): number | null {
  const [before, after] = looks.map((files, index) => {
    const root = mkdtempSync(path.join(os.tmpdir(), 'las-cpu-limit-'))
    t.after(() => rmSync(root, { recursive: true }))
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(root, name.startsWith('proc') ? name : `sys/fs/cgroup/${name}`)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, `${text}\n`)
    }
    const { groups, ...look } = cpuLimits(7, index * ranSeconds, root)
    // The same folders, wherever this test has made them.
    return { ...look, groups: new Map([...groups].map(([at, counts]) => [at.slice(root.length), counts])) }
  })
  assert.ok(before && after)
  return throttledShare(before, after)
}

const v2 = (usedSeconds: number, periods: number, throttled: number) =>
  `usage_usec ${usedSeconds * 1e6}\nuser_usec 1\nsystem_usec 1\nnr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec 1`
const v1 = (periods: number, throttled: number) =>
  `nr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_time 1`

test('v2, in a container: the group at the root is the container’s', (t) => {
  const files = { 'proc/7/cgroup': '0::/' }
  const share = shareBetween(
    t,
    4,
    { ...files, 'cpu.stat': v2(10, 100, 50) },
    { ...files, 'cpu.stat': v2(15, 200, 111) },
  )
  assert.equal(share, 0.61)
})

test('v2, on a host: the limit of a group further up holds, and the strictest counts', (t) => {
  const files = { 'proc/7/cgroup': '0::/kube/pod/box' }
  const share = shareBetween(
    t,
    4,
    { ...files, 'kube/pod/cpu.stat': v2(1, 10, 1), 'kube/pod/box/cpu.stat': v2(1, 10, 2) },
    { ...files, 'kube/pod/cpu.stat': v2(6, 110, 31), 'kube/pod/box/cpu.stat': v2(6, 110, 12) },
  )
  assert.equal(share, 0.3)
})

test('v1: the folder of the controller, alone or with another, in a host’s tree or a container’s', (t) => {
  for (const [line, folder] of [
    ['3:cpu:/las', 'cpu/las'],
    ['3:cpu,cpuacct:/docker/abc', 'cpu,cpuacct'],
  ]) {
    const files = { 'proc/7/cgroup': `5:memory:/other\n${line}\n0::/` }
    const share = shareBetween(
      t,
      0.4,
      { ...files, [`${folder}/cpu.stat`]: v1(3, 0) },
      { ...files, [`${folder}/cpu.stat`]: v1(43, 40) },
    )
    assert.equal(share, 1, folder)
  }
})

test('null without a limit, without control groups, and where others use most of the limit', (t) => {
  const files = { 'proc/7/cgroup': '0::/' }
  const noLimit = { ...files, 'cpu.stat': v2(10, 0, 0) }
  assert.equal(shareBetween(t, 4, noLimit, noLimit), null)
  assert.equal(shareBetween(t, 4, {}, {}), null)
  // Of 15 s of CPU it used 4; a target in the same container used the rest.
  const shared = shareBetween(
    t,
    4,
    { ...files, 'cpu.stat': v2(10, 100, 50) },
    { ...files, 'cpu.stat': v2(25, 200, 150) },
  )
  assert.equal(shared, null)
  // v1 may count CPU beside the periods.
  const v1Files = { 'proc/7/cgroup': '3:cpu,cpuacct:/' }
  const v1Shared = shareBetween(
    t,
    4,
    { ...v1Files, 'cpu/cpu.stat': v1(3, 0), 'cpu/cpuacct.usage': '1000000000' },
    { ...v1Files, 'cpu/cpu.stat': v1(43, 40), 'cpu/cpuacct.usage': '16000000000' },
  )
  assert.equal(v1Shared, null)
})
