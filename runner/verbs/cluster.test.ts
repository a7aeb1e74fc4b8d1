import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { commandIn, type Ended } from '../../test/command.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'las-kube-'))
after(() => rmSync(folder, { recursive: true }))

const command = (args: string[], environment: Record<string, string> = {}) =>
  commandIn(folder, args, environment)

const config = (name: string, content: string) => {
  const file = path.join(folder, name)
  writeFileSync(file, content)
  return file
}
const none = config('none', '')
const absent = config(
  'absent',
  `apiVersion: v1
kind: Config
current-context: nowhere
contexts: [{ name: nowhere, context: { cluster: nowhere, user: nobody } }]
clusters: [{ name: nowhere, cluster: { server: "http://127.0.0.1:9" } }]
users: [{ name: nobody, user: {} }]
`,
)

const everyCommand = [
  ['cluster', 'url'],
  ['cluster', 'status'],
  ['cluster', 'scale', '2'],
  ['run', 'smoke', '--cluster'],
  ['run', 'autoscale', '--cluster'],
  ['sweep', '--replicas', '1,2'],
]
const one = (sentence: RegExp, { code, stderr }: Ended) => {
  assert.equal(code, 4, stderr)
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
  assert.match(stderr, sentence)
}

test('a missing kubectl is one sentence', async () => {
  for (const args of everyCommand) one(/kubectl is not installed/, await command(args, { PATH: folder }))
})

const skip = spawnSync('kubectl', ['version', '--client']).status !== 0 && 'needs kubectl'

test('a missing kube context is one sentence', { skip }, async () => {
  for (const args of everyCommand)
    one(/there is no current kube context; /, await command(args, { KUBECONFIG: none }))
})

test('an API server that does not answer is one sentence', { skip }, async () => {
  for (const args of everyCommand)
    one(
      /the API server does not answer \(.*refused.*\); is the cluster running\?/,
      await command(args, { KUBECONFIG: absent }),
    )
})

test('bad arguments are refused before anything happens', async () => {
  const wrong: [string[], RegExp][] = [
    [['cluster'], /"cluster " is not a command; available: up, deploy, url, scale, status, down/],
    [['cluster', 'scale'], /cluster scale N: 1 argument is needed, 0 given/],
    [['cluster', 'scale', '0'], /"0" is not a whole number from 1/],
    [['cluster', 'deploy', '--with', 'sails'], /no component "sails"/],
    [['cluster', 'status', 'all'], /"all" is not expected here/],
    [['run', 'smoke', '--cluster', '--url', 'http://127.0.0.1'], /--cluster finds the URL itself/],
    [['run', 'smoke', '--cluster', '--path', '/x'], /--cluster is for the bundled workload/],
  ]
  for (const [args, sentence] of wrong) {
    const { code, stderr } = await command(args, { PATH: folder })
    assert.equal(code, 2, stderr)
    assert.match(stderr, sentence)
  }
})

test('every command has help', async () => {
  for (const name of ['up', 'deploy', 'url', 'scale', 'status', 'down']) {
    const { code, stdout } = await command(['cluster', name, '--help'], { PATH: folder })
    assert.equal(code, 0)
    assert.match(stdout, new RegExp(`^Usage: load-and-stress cluster ${name}[\\s\\S]*Exit codes`))
  }
})
