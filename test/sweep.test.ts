import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { commandIn } from './command.ts'
import { fakeKubectl } from './fake-kubectl.ts'
import { serving } from './service.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-sweep-'))
})
after(() => rm(out, { recursive: true }))

test('a cell that no node has room for is left out; the others are run, reported and restored', async () => {
  const service = await serving((_, response) => response.end('{}'))
  const port = Number(new URL(service.url).port)
  using fake = fakeKubectl({ name: 'shop', replicas: 2, room: 5, balancer: { ip: '127.0.0.1', port } })
  try {
    const flags = [
      '--deployment',
      'store/shop',
      '--path',
      '/',
      '--duration',
      '1s',
      '--vus',
      '2',
      '--repeat',
      '2',
    ]
    const cells = ['--vary', 'replicas=1,9', '--vary', 'cpu=100m', '--patience', '200ms']
    const quick = ['--warm-up', '1ms', '--cool-down', '1ms', '--seed', '3']
    const ended = await commandIn(out, ['sweep', ...flags, ...cells, ...quick], {
      PATH: fake.shell.env.PATH ?? '',
    })
    assert.equal(ended.code, 4, ended.stderr)
    const left =
      /^no node fits pod-6: 1 Insufficient cpu; .*constant, 9 replicas, cpu=100m is left out, and/gm
    assert.equal([...ended.stderr.matchAll(left)].length, 1, ended.stderr)
    assert.match(ended.stderr, /^2 of 4 runs are done; resume with: /m)
    assert.deepEqual([fake.now().replicas, fake.now().resources.limits.cpu], [2, '200m'])
  } finally {
    await service.close()
  }
})

test('a wrong flag gets one sentence', async () => {
  const wrong: [string[], RegExp][] = [
    [['--replicas', '1,x'], /--replicas: "x" is not a whole number/],
    [['--vary', 'cpu=200m,500m'], /--local starts processes here, which have no cpu to vary/],
    [['--vary', 'env.API_KEY=c4nary'], /--vary: env.API_KEY may hold a secret, (?!.*c4nary)/],
    [['--replicas', '1', '--vary', 'replicas=2'], /--replicas and --vary replicas= say the same/],
    [['--vary', 'env.POOL=4,8', '--for', '9'], /--for recommends a number of replicas/],
    [
      ['--scenario', 'breakpoint', '--figures', 'p95{name:a}'],
      /--figures is not for a search of arrival rates/,
    ],
    [['--check', '--for', '9'], /--check is for a search of arrival rates: add --scenario breakpoint/],
    [['--scenario', 'rump'], /unknown scenario "rump"/],
    [['--url', 'http://127.0.0.1'], /unknown option '--url'/],
    [['--rate', '9'], /--rate is for arrival, spike, soak; constant takes --vus/],
    [['--resume', 'nothing'], /cannot resume: no sweep\.json/],
  ]
  const began = (await readdir(out)).filter((name) => name.includes('-sweep-'))
  for (const [flags, sentence] of wrong) {
    const { code, stderr } = await commandIn(out, ['sweep', '--local', ...flags])
    assert.equal(code, 2, stderr)
    assert.match(stderr, sentence)
    assert.equal(stderr.trimEnd().split('\n').length, 1)
    assert.deepEqual(
      (await readdir(out)).filter((name) => name.includes('-sweep-')),
      began,
      `${flags}`,
    )
  }
})
