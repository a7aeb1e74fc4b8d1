import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { reportOf } from '../command.ts'
import { begin, type Ended, image, kubectl, quick, run } from './inside.ts'

/**
 * API_NETNS is the network namespace whose `kube-apiserver` is the cluster's. Whatever started that starts it again when
 * it ends, so it is away for as long as it is killed, and comes back even if this test is killed.
 */
const { API_NETNS: netns } = process.env
const skip = netns ? false : 'set API_NETNS'
const namespace = 'load-and-stress'

let out = ''
const start = (...args: string[]) => begin(out, args)
const ours = (...args: string[]): Promise<Ended> => start(...args).ended

before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-away-'))
  if (skip) return
  const { code, stderr } = await ours('cluster', 'deploy', '--replicas', '2', '--image', image)
  assert.equal(code, 0, stderr)
})
after(async () => {
  if (!skip) await ours('cluster', 'down')
  await rm(out, { recursive: true, force: true })
})

/** Keeps the API server away until `back`, then waits until it and the nodes are ready. */
async function away(back: (ms: number) => boolean): Promise<void> {
  const startMs = performance.now()
  while (!back(performance.now() - startMs)) {
    const { stdout } = await run('ip', ['netns', 'pids', netns ?? ''])
    for (const pid of stdout.split('\n').filter(Boolean)) {
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
      if (name.trim() !== 'kube-apiserver') continue
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    await sleep(200)
  }
  const ready = () => kubectl('wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=60s')
  for (let look = 0; look < 60; look++) {
    if (
      await ready().then(
        () => true,
        () => false,
      )
    )
      return
    await sleep(1000)
  }
  assert.fail('the API server is not back')
}

const replicas = async () =>
  (await kubectl('-n', namespace, 'get', 'deployment/workload', '-o', 'jsonpath={.spec.replicas}')).trim()
const until = async (words: string, { output, running }: ReturnType<typeof start>) => {
  while (!output.stderr.includes(words) && running()) await sleep(50)
}
const sweep = ['sweep', '--replicas', '1,3', '--repeat', '1', '--vus', '4']
const short = ['--duration', '2s', '--warm-up', '300ms', '--cool-down', '100ms']

test('a sweep waits for an API server that is away for a minute', { skip }, async () => {
  const load = start(...sweep, ...short)
  await until('run 2 of 2', load)
  await away((ms) => ms > 60_000)
  const { code, stderr } = await load.ended
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^the API server does not answer .*; retrying in \d+ s$/m)
  assert.equal((await reportOf(out, stderr)).statistics.runs.length, 2)
  assert.equal(await replicas(), '2')
})

test('one that lost its patience is resumed, and restores what was before it began', {
  skip: skip || quick('two minutes more'),
}, async () => {
  const load = start(...sweep, ...short, '--patience', '2s')
  await until('run 2 of 2', load)
  await away(() => !load.running())
  const { code, stderr } = await load.ended
  assert.equal(code, 4, stderr)
  assert.match(stderr, /could not restore deployment\/workload .*: the API server does not answer/)
  const [, folder = ''] = /^1 of 2 runs are done; resume with: .* --resume (\S+)$/m.exec(stderr) ?? []
  const resumed = await ours('sweep', '--resume', folder)
  assert.equal(resumed.code, 0, resumed.stderr)
  assert.equal((await reportOf(out, resumed.stderr)).statistics.runs.length, 2)
  assert.equal(await replicas(), '2')
})
