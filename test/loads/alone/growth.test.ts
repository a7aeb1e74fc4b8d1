import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { commandIn } from '../../command.ts'
import { serving } from '../../service.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-growth-'))
})
after(() => rm(out, { recursive: true }))

const seconds = 42

/** Answers after 100 ms, and after that share more at the end of the load than at its start. */
function slowing(share: number): RequestListener {
  let first = 0
  return (_, response) => {
    first ||= performance.now()
    const ran = (performance.now() - first) / 1000 / seconds
    setTimeout(() => response.end(), 100 * (1 + share * ran))
  }
}

/** What the terminal says of a short soak of such a server. */
async function soak(name: string, share: number): Promise<string> {
  const server = await serving(slowing(share))
  try {
    const args = ['soak', '--rate', '20', '--duration', `${seconds}s`, '--url', server.url, '--path', '/']
    const { stdout, stderr, code } = await commandIn(out, ['run', ...args, '--out', path.join(out, name)])
    assert.equal(code, 0, `${stdout}${stderr}`)
    return stdout
  } finally {
    server.close()
  }
}

test('a server that slows by 1 % in each of 20 windows is said to grow; one that does not is not', async () => {
  const [leaking, steady] = await Promise.all([soak('leaking', 0.2), soak('steady', 0)])
  assert.match(leaking, /^p50 grew by (1\d|2\d) % \(\d+ to \d+ %\) over the run, from \d+ to \d+ ms\.$/m)
  assert.doesNotMatch(steady, /^p(50|95) grew/m)
  assert.match(steady, /Nothing is seen to grow|^(CPU|Memory)/m)
})
