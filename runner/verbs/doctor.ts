import { access, constants } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { number, quantity } from '../../analysis/formats/words.ts'
import { kubectlOf } from '../cluster/kubectl.ts'
import { locateK6 } from '../k6/find.ts'
import { exitCodes, exitCodesHelp } from '../shell/exit.ts'
import { parseFlags } from '../shell/flags.ts'
import { localPorts, memoryMiB, openFiles } from '../shell/host.ts'
import { capture } from '../shell/processes.ts'
import { type Shell, userPath } from '../shell/shell.ts'

/** `note`: fine, but good to know. `problem`: nothing can be loaded before it is mended. */
type Found = readonly [state: 'ok' | 'note' | 'problem', words: string]

const usage = {
  command: 'doctor',
  purpose:
    'Says what is there – Node, k6, this machine’s limits, Kubernetes and its rights – and what to do. Loads nothing.',
  flags: {},
  notes: `${exitCodesHelp}

  npm run doctor`,
}

/** `doctor`: fails where a run could not even start. */
export async function doctor(shell: Shell, args: readonly string[]): Promise<number> {
  if (!parseFlags(usage, args, shell)) return exitCodes.pass
  const parts: readonly (readonly [string, () => Promise<readonly Found[]>])[] = [
    ['Node', async () => [node()]],
    ['k6', async () => [await k6(shell)]],
    ['CPU', async () => [cpu()]],
    ['memory', async () => [memory()]],
    ['open files', async () => [files()]],
    ['ports', async () => [ports()]],
    ['clock', async () => [await clock(shell)]],
    ['results', async () => [await results(shell)]],
    ['Kubernetes', () => kubernetes(shell)],
  ]
  let problems = 0
  for (const [name, look] of parts)
    for (const [state, words] of await look()) {
      if (state === 'problem') problems++
      shell.print(`${state.padEnd(8)}${name.padEnd(12)}${words}\n`)
    }
  return exitCodes[problems > 0 ? 'environment' : 'pass']
}

const leastNode = [20, 19] as const

function node(): Found {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fits = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])
  return fits
    ? ['ok', process.versions.node]
    : ['problem', `${process.versions.node}; ${leastNode.join('.')} or later is needed`]
}

async function k6(shell: Shell): Promise<Found> {
  try {
    const { k6: there, cached } = await locateK6(shell)
    return there
      ? ['ok', `${there.version} (${there.path})`]
      : ['note', `will be fetched once, into ${path.dirname(cached)}; or name one in K6_BIN`]
  } catch (error) {
    return ['problem', (error as Error).message]
  }
}

function cpu(): Found {
  const cores = os.availableParallelism()
  const [busy = 0] = os.loadavg()
  const words = `${quantity(cores, 'core')}, ${number(busy)} busy in the last minute`
  if (cores < 2)
    return ['note', `${words}; k6 and the bundled workload would share it: load a service elsewhere`]
  return busy > cores / 2
    ? ['note', `${words}; other work makes figures worse: wait, or use another machine`]
    : ['ok', words]
}

// k6's own documentation counts 1 to 5 MB a VU.
const vuMiB = 3

function memory(): Found {
  const mib = memoryMiB()
  return [
    mib < 1024 ? 'note' : 'ok',
    `${number(Math.round(mib))} MiB, enough for some ${number(Math.floor(mib / vuMiB / 100) * 100)} VUs`,
  ]
}

function files(): Found {
  const most = openFiles()
  if (most === null) return ['note', 'the limit is unknown here']
  return most < 4096
    ? ['note', `${number(most)}: each VU needs one; raise the limit with ulimit -n 65536`]
    : ['ok', number(most)]
}

function ports(): Found {
  const range = localPorts()
  if (range === null) return ['note', 'the number of local ports is unknown here']
  return [
    'ok',
    `${number(range)}: away from loopback at most ${number(Math.floor(range / 60))} new connections a second; --keep-connections needs few`,
  ]
}

async function clock({ env }: Shell): Promise<Found> {
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  const { stdout } = await capture('timedatectl', ['show', '--property=NTPSynchronized', '--value'], {
    env,
    timeoutMs: 5000,
  }).catch(() => ({ stdout: '' }))
  return stdout.trim() === 'no'
    ? ['note', `${now}, not synchronised: histories and several generators need the right time`]
    : ['ok', stdout.trim() === 'yes' ? `${now}, synchronised` : now]
}

async function results(shell: Shell): Promise<Found> {
  const named = shell.env.LAS_RESULTS_DIR || 'results'
  for (let at = userPath(shell, named); ; at = path.dirname(at)) {
    const refused = await access(at, constants.W_OK).then(
      () => null,
      ({ code }: NodeJS.ErrnoException) => code,
    )
    if (refused === null) return ['ok', `${named} can be written`]
    if (refused !== 'ENOENT' || at === path.dirname(at))
      return [
        'problem',
        `${named} cannot be written (${refused}); --out or LAS_RESULTS_DIR names another folder`,
      ]
  }
}

/** What the commands for a deployment do, and what each is for. */
const rights = [
  ['get', 'pods', 'to see the pods'],
  ['get', 'services', 'to find the address'],
  ['patch', 'deployments', 'to sweep, to compare images'],
  ['get', 'pods/proxy', 'for the balance of the bundled workload'],
  ['create', 'jobs', 'for generators on the cluster'],
  ['get', 'nodes', 'for the number of nodes'],
] as const

async function kubernetes(shell: Shell): Promise<readonly Found[]> {
  const kubectl = kubectlOf(shell, { namespace: '' })
  try {
    await kubectl.run('version', '-o', 'json')
  } catch (error) {
    return [['note', `${(error as Error).message} (only needed for --cluster and --deployment)`]]
  }
  const context = (await kubectl.currentContext()) ?? 'inside a cluster'
  const namespace =
    (await kubectl.run('config', 'view', '--minify', '-o', 'jsonpath={..namespace}').catch(() => '')) ||
    'default'
  const answers = await Promise.all(
    rights.map(([verb, resource]) =>
      kubectl.run('auth', 'can-i', verb, resource, '-n', namespace).catch(() => 'no'),
    ),
  )
  const missing = rights
    .filter((_, index) => answers[index]?.trim() !== 'yes')
    .map(([verb, resource, what]) => `${verb} ${resource} (${what})`)
  return [
    ['ok', `context ${context}, namespace ${namespace}`],
    missing.length === 0
      ? ['ok', 'all rights that the commands use']
      : ['note', `no right to ${missing.join(', ')}`],
  ]
}
