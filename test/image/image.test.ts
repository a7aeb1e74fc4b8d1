import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { runOf } from '../command.ts'

/**
 * Builds the image with buildah, on a base made from this machine's Node, and runs it with runc as Kubernetes
 * would run a restricted pod. Needs root, buildah and runc (both in Debian).
 */
const root = path.join(import.meta.dirname, '../..')
const run = promisify(execFile)
const buildah = async (...args: string[]) =>
  (await run('buildah', args, { cwd: root, maxBuffer: 2 ** 26 })).stdout.trim()

let folder = ''
let rootfs = ''
let working = ''
const tags: string[] = []
// biome-ignore-start lint/suspicious/noExplicitAny: image descriptions and the service's answers are untyped
const images: any[] = []
let config: any
const json = async (url: string): Promise<any> => (await fetch(url)).json()
// biome-ignore-end lint/suspicious/noExplicitAny: -
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-image-'))
  const npmrc = path.join(folder, 'npmrc')
  const settings = await Promise.all(
    ['registry', 'cafile'].map(
      async (key) => `${key}=${(await run('npm', ['config', 'get', key])).stdout.trim()}`,
    ),
  )
  await writeFile(npmrc, settings.filter((line) => !line.endsWith('=null')).join('\n'))
  await run('sh', [path.join(import.meta.dirname, 'base-image.sh'), 'localhost/las-base:test'])
  const options = [
    '--isolation=chroot',
    '--network=host',
    '--pull-never',
    '--no-cache',
    '--timestamp=0',
    '--quiet',
  ]
  const args = ['--build-arg=BASE_IMAGE=localhost/las-base:test', `--secret=id=npmrc,src=${npmrc}`]
  // OCI images have no health check; Docker images contain the builder's name, so their bytes differ.
  for (const [name, format] of Object.entries({ one: 'oci', two: 'oci', three: 'docker' })) {
    const tag = `localhost/las-workload:${name}`
    tags.push(tag)
    await buildah(
      'bud',
      ...options,
      `--format=${format}`,
      ...args,
      '-f',
      'workload/Dockerfile',
      '-t',
      tag,
      '.',
    )
    images.push(JSON.parse(await buildah('inspect', '--type=image', tag)))
  }
  config = images[2].Docker.config
  working = await buildah('from', '--pull-never', 'localhost/las-workload:three')
  rootfs = await buildah('mount', working)
})
after(async () => {
  if (working) await buildah('rm', working)
  await run('buildah', ['rmi', ...tags, 'localhost/las-base:test']).catch(() => {})
  await rm(folder, { recursive: true, force: true })
})

type Instance = {
  readonly id: string
  readonly url: string
  readonly port: number
  readonly process: ChildProcess
  readonly startMs: number
}

let containers = 0
/** Starts a container on a loopback port: read-only, without capabilities, as the image's user. */
async function container(environment: Record<string, string> = {}): Promise<Instance> {
  const id = `las-test-${process.pid}-${++containers}`
  const bundle = path.join(folder, id)
  await mkdir(bundle)
  await run('runc', ['spec'], { cwd: bundle })
  const file = path.join(bundle, 'config.json')
  const spec = JSON.parse(await readFile(file, 'utf8'))
  const [uid, gid] = config.User.split(':').map(Number)
  const variables = { HOST: '127.0.0.1', PORT: '0', ...environment }
  spec.process = {
    ...spec.process,
    terminal: false,
    user: { uid, gid },
    args: config.Entrypoint,
    env: [
      ...config.Env.filter((each: string) => !Object.keys(variables).includes(each.split('=')[0] ?? '')),
      ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    ],
    cwd: '/',
    capabilities: {},
    noNewPrivileges: true,
  }
  spec.root = { path: rootfs, readonly: true }
  spec.linux.namespaces = spec.linux.namespaces.filter(({ type }: { type: string }) => type !== 'network')
  // With the host's network, sysfs cannot be mounted; the service does not need it.
  spec.mounts = spec.mounts.filter(
    ({ destination }: { destination: string }) => !destination.startsWith('/sys'),
  )
  await writeFile(file, JSON.stringify(spec))
  const begin = performance.now()
  const child = spawn('runc', ['run', '--bundle', bundle, id], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'close'),
  ])
  assert.equal(typeof line, 'string', stderr)
  const { url } = JSON.parse(line)
  return { id, url, port: Number(new URL(url).port), process: child, startMs: performance.now() - begin }
}

async function end({ id, process: child }: Instance): Promise<number | null> {
  await run('runc', ['kill', id, 'TERM'])
  if (child.exitCode === null) await once(child, 'close')
  return child.exitCode
}

describe('the image', () => {
  test('is reproducible byte for byte', () => {
    const [one, two] = images
    assert.match(one.FromImageID, /^[\da-f]{64}$/)
    assert.equal(one.FromImageID, two.FromImageID)
  })

  test('has one file, a user other than root, labels and a health check', async () => {
    assert.match(config.User, /^[1-9]\d*:[1-9]\d*$/)
    assert.equal(config.Labels['org.opencontainers.image.licenses'], 'MIT')
    assert.deepEqual(config.Healthcheck.Test, ['CMD', 'node', '/app/main.js', 'health'])
    const { stdout } = await run('find', [path.join(rootfs, 'app'), '-type', 'f'])
    assert.deepEqual(stdout.trim().split('\n'), [path.join(rootfs, 'app/main.js')])
  })

  test('runs read-only, without root or capabilities, does its work, and exits 0', async () => {
    const instance = await container({ DRAIN_DELAY_MS: '0' })
    console.log(`# from "runc run" to listening: ${Math.round(instance.startMs)} ms`)
    try {
      const work = await json(`${instance.url}/work?ms=2`)
      assert.ok(work.units > 0)
      const job = await json(`${instance.url}/stress?seconds=0.5&load=50&memoryMiB=8&wait=true`)
      assert.equal(job.state, 'ended')
      assert.ok(job.achievedCpuSeconds > 0)
      const { stdout } = await run('runc', ['ps', '--format=json', instance.id])
      const status = await readFile(`/proc/${JSON.parse(stdout)[0]}/status`, 'utf8')
      assert.match(status, /^Uid:\t65532\t65532\t65532\t65532$/m)
      assert.match(status, /^CapEff:\t0+$/m)
      assert.match(status, /^NoNewPrivs:\t1$/m)
      const health = (...env: string[]) =>
        run('runc', ['exec', ...env, instance.id, ...config.Healthcheck.Test.slice(1)])
      await health('--env', `PORT=${instance.port}`)
      await assert.rejects(health('--env', 'PORT=9'))
      const write = "require('fs').writeFileSync('/app/x', '')"
      await assert.rejects(run('runc', ['exec', instance.id, 'node', '-e', write]), /EROFS/)
    } finally {
      assert.equal(await end(instance), 0)
    }
  })
})

/** A load balancer: sends each new connection to an instance that was ready at the last check. */
async function balancer(instances: Instance[]) {
  const ready = new Set<Instance>()
  let turn = 0
  let checking = false
  const check = async () => {
    // One check at a time: a slow answer must not bring back an instance that is known to be gone.
    if (checking) return
    checking = true
    for (const instance of instances) {
      const response = await fetch(`${instance.url}/readyz`).catch(() => null)
      if (response?.ok) ready.add(instance)
      else ready.delete(instance)
    }
    checking = false
  }
  await check()
  const timer = setInterval(check, 100)
  const server = net.createServer((client) => {
    const all = [...ready]
    const chosen = all[turn++ % all.length]
    if (!chosen) {
      client.destroy()
      return
    }
    const upstream = net.connect(chosen.port, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isReady: (instance: Instance) => ready.has(instance),
    close() {
      clearInterval(timer)
      server.close()
    },
  }
}

for (const connections of ['one per iteration', 'kept'] as const) {
  test(`a rolling restart under load loses no request, connections ${connections}`, async () => {
    const environment = { DRAIN_DELAY_MS: '1000' }
    const instances = [await container(environment), await container(environment)]
    const front = await balancer(instances)
    const out = path.join(folder, `results-${connections.length}`)
    try {
      const flags = ['--url', front.url, '--vus', '4', '--duration', '14s', '--work-ms', '2', '--out', out]
      if (connections === 'kept') flags.push('--keep-connections')
      const load = spawn(process.execPath, ['runner/bin.js', 'run', 'constant', ...flags], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let stderr = ''
      load.stderr.on('data', (data) => {
        stderr += data
      })
      const closed = once(load, 'close')
      while (!stderr.includes('k6 runs') && load.exitCode === null) await sleep(50)
      await sleep(1000)
      for (const place of [0, 1]) {
        const fresh = await container(environment)
        instances.push(fresh)
        while (!front.isReady(fresh)) await sleep(50)
        const old = instances[place] as Instance
        assert.equal(await end(old), 0)
      }
      const [code] = await closed
      assert.equal(code, 0, stderr)
      const { folder, run } = await runOf(root, stderr)
      assert.equal(run.load.connections, connections)
      const { metrics } = JSON.parse(await readFile(path.join(folder, 'summary.json'), 'utf8'))
      assert.equal(
        metrics.http_req_failed.values.passes,
        0,
        await readFile(path.join(folder, 'k6.log'), 'utf8'),
      )
      assert.ok(metrics.http_reqs.values.count > 500)
    } finally {
      front.close()
      await Promise.all(
        instances.map((instance) => (instance.process.exitCode === null ? end(instance).catch(() => {}) : 0)),
      )
    }
  })
}
