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
    // The reason decides, whatever a name or a message holds.
    [
      'Error from server (NotFound): deployments.apps "connection-refused" not found',
      /^kubectl get pods: deployments\.apps "connection-refused" not found$/,
    ],
    [
      'Error from server (NotFound): services "forbidden" not found',
      /^kubectl get pods: services "forbidden" not found$/,
    ],
    [
      'Error from server (ServiceUnavailable): the server is currently unable to handle the request',
      /^the API server does not answer \(the server is currently unable/,
    ],
    [
      'error: You must be logged in to the server (Unauthorized)',
      /^the cluster does not allow it: You must be logged in .*expired\?$/,
    ],
    [
      'Get "https://10.88.0.11:6443/api?timeout=32s": dial tcp 10.88.0.11:6443: connect: connection refused - error from a previous attempt: read tcp 10.88.0.1:43276->10.88.0.11:6443: read: connection reset by peer',
      /^the API server does not answer \(Get .*reset by peer\)/,
    ],
    ['Error from server: etcdserver: no leader', /^the API server does not answer \(etcdserver: no leader/],
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

test('in a pod kubectl has no time limit of its own, with which it would not find the service account', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'las-kubectl-'))
  writeFileSync(path.join(folder, 'kubectl'), '#!/bin/sh\necho "$@"', { mode: 0o755 })
  const asked = (env: Record<string, string>) =>
    kubectlOf(testShell({ env: { PATH: folder, ...env } }), { namespace: 'x' }).run('get', 'pods')
  const pod = { KUBERNETES_SERVICE_HOST: '10.96.0.1' }
  try {
    assert.equal(await asked({}), '--request-timeout=20s get pods\n')
    assert.equal(await asked(pod), 'get pods\n')
    assert.equal(await asked({ ...pod, KUBECONFIG: '/config' }), '--request-timeout=20s get pods\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
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
  // What a server says while it starts depends on how far it is: that it is not ready decides.
  const starting = `error: the server doesn't have a resource type "nodes"`
  using early = fakeKubectl({ failures: [starting, '[-]poststarthook/rbac/bootstrap-roles failed'] })
  const { list, run: patch } = kubectlOf(early.shell, { namespace: 'x', patienceMs: 60_000 })
  assert.equal((await list('nodes')).length, 1)
  early.change({ failures })
  await patch('patch', 'hpa', 'workload', '-p', '{}')
  assert.equal(early.shell.sentences.length, 2)

  using unsafe = fakeKubectl({ failures })
  const { run } = kubectlOf(unsafe.shell, { namespace: 'x', patienceMs: 60_000 })
  await assert.rejects(run('apply', '-k', 'folder'), /does not answer/)
  using justReady = fakeKubectl({ failures: [starting] })
  const again = kubectlOf(justReady.shell, { namespace: 'x', patienceMs: 60_000 })
  assert.equal((await again.list('nodes')).length, 1)
  const missing = 'Error from server (NotFound): nodes not found'
  using other = fakeKubectl({ failures: [missing, '', missing] })
  await assert.rejects(
    kubectlOf(other.shell, { namespace: 'x', patienceMs: 60_000 }).list('nodes'),
    /not found/,
  )
})
