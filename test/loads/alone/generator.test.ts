import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { findK6 } from '../../../runner/k6/find.ts'
import { runOf, startIn } from '../../command.ts'
import { type Serving, serving } from '../../service.ts'
import { testShell } from '../../shell.ts'

let out = ''
let server: Serving
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-generator-'))
  server = await serving((_, response) => response.end('fine'))
})
after(async () => {
  server.close()
  await rm(out, { recursive: true })
})

async function constant(vus: number, environment: Record<string, string> = {}) {
  const flags = ['--vus', String(vus), '--duration', '4s', '--url', server.url, '--path', '/']
  const started = startIn(out, ['run', 'constant', ...flags], environment)
  const code = await started.ended
  return { code, stderr: started.stderr, ...(await runOf(out, started.stderr)) }
}

/** A control group limited to a tenth of a core; null if this system does not allow one. */
function tenthOfACore(): string | null {
  const [v1, v2] = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup']
  const name = `las-test-${process.pid}`
  try {
    const group = path.join(existsSync(path.join(v1, 'cpu.cfs_quota_us')) ? v1 : v2, name)
    mkdirSync(group)
    if (group.startsWith(v1)) {
      writeFileSync(path.join(group, 'cpu.cfs_period_us'), '100000')
      writeFileSync(path.join(group, 'cpu.cfs_quota_us'), '10000')
    } else writeFileSync(path.join(group, 'cpu.max'), '10000 100000')
    return group
  } catch {
    return null
  }
}

test('a generator limited to a tenth of a core makes the run invalid, and the reason names the limit', async (t) => {
  const group = tenthOfACore()
  if (!group) return t.skip('cannot create a control group here')
  try {
    const k6 = await findK6(testShell())
    const limited = path.join(out, 'limited-k6')
    writeFileSync(limited, `#!/bin/sh\necho $$ > ${group}/cgroup.procs\nexec "${k6.path}" "$@"\n`)
    chmodSync(limited, 0o755)
    const { code, stderr, figures } = await constant(4, { K6_BIN: limited })
    assert.equal(code, 3, stderr)
    assert.match(
      figures.verdict.reasons.join(' '),
      /the generator was the bottleneck: its CPU limit held k6 back in (100|\d\d(\.\d)?) % of the limit’s periods/,
    )

    // A search for the breakpoint finds where k6 breaks, and says so.
    const flags = ['--quick', '--rate', '600', '--max-vus', '60', '--precision', '50', '--repeat', '1']
    const search = startIn(out, ['breakpoint', ...flags, '--url', server.url, '--path', '/'], {
      K6_BIN: limited,
    })
    assert.equal(await search.ended, 3, search.stderr + search.stdout)
    assert.match(search.stdout, /at [\d,]+ k6 was the bottleneck, so where the target breaks is not known/)
  } finally {
    rmdirSync(group)
  }
})

test('a generator that runs out of open files makes the run invalid, and does not blame the target', async () => {
  const k6 = await findK6(testShell())
  const limited = path.join(out, 'few-files-k6')
  writeFileSync(limited, `#!/bin/sh\nulimit -n 40\nexec "${k6.path}" "$@"\n`)
  chmodSync(limited, 0o755)
  const { code, stderr, run, figures } = await constant(60, { K6_BIN: limited })
  assert.equal(code, 3, stderr)
  assert.match(
    figures.verdict.reasons[0] ?? '',
    /^the generator ran out of open files .*: raise the limit \(ulimit -n\)/,
  )
  // k6 logs a few more at the very end than its summary counts.
  const { requests = 0 } = run.k6.shortages[0] ?? {}
  const failed = figures.total.failed ?? 0
  assert.ok(requests >= failed && requests <= 1.01 * failed + 20, String(requests))
})

test('a generator with CPU to spare passes, and the run records what it used', async () => {
  const { code, stderr, run, figures } = await constant(1)
  assert.equal(code, 0, stderr)
  assert.equal(figures.verdict.kind, 'pass')
  assert.ok(
    (run.k6.cpuSeconds ?? 0) > 0 && run.k6.waitedSeconds !== null && (run.k6.machineBusyCores ?? 0) > 0,
  )
})
