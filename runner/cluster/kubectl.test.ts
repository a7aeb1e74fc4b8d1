import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fakeKubectl } from '../../test/fake-kubectl.ts'
import { testShell } from '../../test/shell.ts'
import { Failure } from '../shell/exit.ts'
import { failureOf, kubectlOf } from './kubectl.ts'

const log = (server: string) =>
  `E1125 23:43:55.046517    4780 memcache.go:265] "Unhandled Error" err="couldn't get current server API group list: Get \\"http://${server}/api?timeout=32s\\": dial tcp 127.0.0.1:8080: connect: connection refused"\n`
const refused = (server: string) =>
  `${log(server)}The connection to the server ${server} was refused - did you specify the right host or port?`

test('what kubectl prints becomes one sentence', () => {
  const noContext = /^there is no current kube context; "kubectl config get-contexts"/
  const cases: [string, RegExp][] = [
    ['error: current-context is not set', noContext],
    [refused('localhost:8080'), noContext],
    [
      refused('10.88.0.11:6443'),
      /^the API server does not answer \(The connection to the server 10\.88\.0\.11:6443 was refused - .*\?\); is the cluster running\?$/,
    ],
    [
      'Unable to connect to the server: dial tcp: lookup k8s.invalid: no such host',
      /^the API server does not answer \(Unable to connect .*no such host\)/,
    ],
    [
      'Error from server (Forbidden): pods is forbidden: User "nobody" cannot list resource "pods" in API group "" in the namespace "load-and-stress"',
      /^the cluster does not allow it: pods is forbidden: User "nobody" cannot list/,
    ],
    [
      'Error from server (NotFound): deployments.apps "workload" not found',
      /^kubectl get pods: deployments\.apps "workload" not found$/,
    ],
    [
      "Error: unknown flag: --frobnicate\nSee 'kubectl get --help' for usage.",
      /^kubectl get pods: unknown flag: --frobnicate$/,
    ],
  ]
  for (const [stderr, sentence] of cases) assert.match(failureOf(['get', 'pods'], stderr), sentence)
})

test('kubectl that is not installed is a Failure', async () => {
  const kubectl = kubectlOf(testShell({ env: { PATH: '/nowhere' } }), { namespace: 'x' })
  await assert.rejects(
    kubectl.run('get', 'pods'),
    (error) =>
      error instanceof Failure && error.exitCode === 4 && /^kubectl is not installed/.test(error.message),
  )
})

test('JSON after a warning is read, and anything else is a Failure', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'las-kubectl-'))
  const { list } = kubectlOf(testShell({ env: { PATH: folder } }), { namespace: 'x' })
  const prints = (text: string) => {
    writeFileSync(path.join(folder, 'answer'), text)
    return list<{ a: number }>('pods')
  }
  try {
    const program = `#!/bin/sh\nwhile IFS= read -r line || [ -n "$line" ]; do echo "$line"; done <${folder}/answer\n`
    writeFileSync(path.join(folder, 'kubectl'), program, { mode: 0o755 })
    assert.deepEqual(await prints('Warning: v1 is old {\n{not this}\n{"items":\n[{"a":1}]}'), [{ a: 1 }])
    await assert.rejects(prints('Please log in:'), /kubectl get pods printed no JSON but "Please log in:"; /)
    await assert.rejects(prints(''), /printed no JSON; does it run by itself\?/)
    const odd = '{"items":[{"status":{"containerStatuses":5}}]}'
    for (const none of ['{}', '{"items":null}', '{"items":[null]}', '{"items":{"length":1}}', odd])
      await assert.rejects(prints(none), /kubectl get pods printed no list of them \(/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a patient kubectl retries what is safe to repeat while the API server does not answer', async () => {
  const failures = [refused('10.88.0.11:6443')]
  using patient = fakeKubectl({ failures })
  assert.equal(
    (await kubectlOf(patient.shell, { namespace: 'x', patienceMs: 60_000 }).list('nodes')).length,
    1,
  )
  assert.match(patient.shell.sentences.join(), /^the API server does not answer .*; retrying in 1 s$/)

  using impatient = fakeKubectl({ failures })
  await assert.rejects(kubectlOf(impatient.shell, { namespace: 'x' }).list('nodes'), /does not answer/)
  using unsafe = fakeKubectl({ failures })
  const { run } = kubectlOf(unsafe.shell, { namespace: 'x', patienceMs: 60_000 })
  await assert.rejects(run('apply', '-k', 'folder'), /does not answer/)
  using other = fakeKubectl({ failures: ['Error from server (NotFound): nodes not found'] })
  await assert.rejects(
    kubectlOf(other.shell, { namespace: 'x', patienceMs: 60_000 }).list('nodes'),
    /not found/,
  )
})
