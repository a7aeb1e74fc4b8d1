import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'

const root = path.join(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(os.tmpdir(), 'las-kube-'))
after(() => rmSync(folder, { recursive: true }))

function command(args: string[], environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'runner/main.ts', ...args],
    { cwd: root, env: { ...process.env, ...environment }, encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

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
const one = (sentence: RegExp, { status, stderr }: ReturnType<typeof command>) => {
  assert.equal(status, 4, stderr)
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
  assert.match(stderr, sentence)
}

test('no kubectl is told in one sentence', () => {
  for (const args of everyCommand) one(/kubectl is not installed/, command(args, { PATH: folder }))
})

const skip = spawnSync('kubectl', ['version', '--client']).status !== 0 && 'needs kubectl'

test('no context is told in one sentence', { skip }, () => {
  for (const args of everyCommand)
    one(/there is no current kube context; /, command(args, { KUBECONFIG: none }))
})

test('an API server that does not answer is told in one sentence', { skip }, () => {
  for (const args of everyCommand)
    one(
      /the API server does not answer \(.*refused.*\); is the cluster running\?/,
      command(args, { KUBECONFIG: absent }),
    )
})

test('no minikube is told in one sentence', () => {
  one(/minikube is not installed/, command(['cluster', 'up'], { PATH: folder }))
})

test('minikube is started with nodes, profile and metrics-server', {
  skip: process.platform === 'win32',
}, () => {
  // A start takes a virtual machine or Docker: here only what it is called with can be seen.
  const stub = path.join(folder, 'stub')
  const calls = path.join(folder, 'calls')
  mkdirSync(stub)
  writeFileSync(path.join(stub, 'minikube'), `#!/bin/sh\necho "$@" >>'${calls}'\n`, { mode: 0o755 })
  const PATH = `${stub}:${process.env.PATH}`
  assert.equal(command(['cluster', 'up'], { PATH }).status, 0)
  assert.equal(command(['cluster', 'up', '--nodes', '3', '--profile', 'big'], { PATH }).status, 0)
  assert.deepEqual(readFileSync(calls, 'utf8').trim().split('\n'), [
    'start --profile=minikube --nodes=1 --addons=metrics-server',
    'start --profile=big --nodes=3 --addons=metrics-server',
  ])
})

test('what is asked wrongly is told before anything is done', () => {
  const wrong: [string[], RegExp][] = [
    [['cluster'], /"cluster " is no command; there are up, deploy, url, scale, status, down/],
    [['cluster', 'scale'], /how many replicas\? "" is not a whole number from 1/],
    [['cluster', 'scale', '0'], /"0" is not a whole number from 1/],
    [['cluster', 'deploy', '--with', 'sails'], /no component "sails"/],
    [['cluster', 'status', 'all'], /"all" is not expected here/],
    [['run', 'smoke', '--cluster', '--url', 'http://127.0.0.1'], /--cluster finds the URL itself/],
    [['run', 'smoke', '--cluster', '--path', '/x'], /--cluster is for the workload itself/],
  ]
  for (const [args, sentence] of wrong) {
    const { status, stderr } = command(args, { PATH: folder })
    assert.equal(status, 2, stderr)
    assert.match(stderr, sentence)
  }
})

test('every command has a help', () => {
  for (const name of ['up', 'deploy', 'url', 'scale', 'status', 'down']) {
    const { status, stdout } = command(['cluster', name, '--help'], { PATH: folder })
    assert.equal(status, 0)
    assert.match(stdout, new RegExp(`^npm run cluster:${name}[\\s\\S]*Exit codes`))
  }
})
