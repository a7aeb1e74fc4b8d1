import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { capture } from '../../../runner/shell/processes.ts'
import { root } from '../../command.ts'

const namespaces =
  process.platform === 'linux' && spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status === 0

test('ports that run out are foreseen, named as the cause, and waited for', {
  skip: !namespaces,
}, async () => {
  const out = await mkdtemp(path.join(os.tmpdir(), 'las-ports-'))
  const inside = `ip link set lo up && ip addr add 10.9.9.9/32 dev lo &&
    echo 40000 40299 >/proc/sys/net/ipv4/ip_local_port_range && exec "$1" --import tsx test/loads/alone/few-ports.ts "$2"`
  try {
    const { stdout, stderr } = await capture(
      'unshare',
      ['-n', 'sh', '-c', inside, 'sh', process.execPath, out],
      { cwd: root },
    )
    assert.notEqual(stdout, '', stderr)
    const { few, kept, renewed, many, next } = JSON.parse(stdout)
    const words = JSON.stringify({ few, kept, renewed, many, next }, null, 1)
    for (const fine of [few, kept, renewed]) {
      assert.equal(fine.code, 0, words)
      assert.doesNotMatch(fine.stderr, /ports/)
    }
    assert.match(
      many.stderr,
      /^200 new connections a second use 600 ports within a minute, and this machine has 300 \(enough for 5 a second\): .*--keep-connections/m,
    )
    assert.equal(many.code, 3, words)
    assert.match(
      many.reasons[0],
      /^the generator ran out of ports \(it may have 300\), so \d+ requests failed/,
    )
    assert.equal(next.code, 130, words)
    assert.match(
      next.stderr,
      /^\d+ of 300 ports wait for a minute after their connections closed: waiting …/m,
    )
  } finally {
    await rm(out, { recursive: true })
  }
})
