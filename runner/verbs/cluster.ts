import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { kubectl, kubeObject, minikubeProfile, notInstalled } from '../cluster/kubectl.ts'
import { count } from '../load/options.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { type Flag, type Given, helpText, parseFlags } from '../shell/flags.ts'
import { exited } from '../shell/processes.ts'
import { say } from '../shell/progress.ts'
import { namespace, podCpu, pods, scale, serviceUrl, settled } from '../targets/deployment.ts'

const root = path.join(import.meta.dirname, '../..')
const ownImage = 'localhost/load-and-stress:0.1.0'

const replicas: Flag = { name: 'replicas', env: 'REPLICAS', value: 'N', help: 'how many (2)', check: count }
const commands: Record<string, { purpose: string; flags: Flag[]; run: (given: Given) => Promise<unknown> }> =
  {
    up: {
      purpose: 'Starts a minikube cluster with metrics-server.',
      flags: [
        { name: 'nodes', env: 'NODES', value: 'N', help: 'how many nodes (1)', check: count },
        { name: 'profile', env: 'MINIKUBE_PROFILE', value: 'NAME', help: 'its minikube profile (minikube)' },
      ],
      run: up,
    },
    deploy: {
      purpose: 'Puts the workload into the current kube context and waits until it is there.',
      flags: [
        replicas,
        {
          name: 'image',
          env: 'IMAGE',
          value: 'NAME',
          help: `an image that the cluster can have (${ownImage}, built into minikube)`,
        },
        {
          name: 'with',
          env: 'COMPONENTS',
          value: 'LIST',
          help: 'of manifests/components: autoscaling,token,monitoring',
        },
      ],
      run: deploy,
    },
    url: {
      purpose: 'Prints the address of the workload, once it has answered there.',
      flags: [],
      run: async () => process.stdout.write(`${await serviceUrl()}\n`),
    },
    scale: {
      purpose: 'Changes the number of replicas and waits until exactly that many are ready.',
      flags: [],
      run: async ({ positionals: [wanted = ''] }) => {
        const wrong = count(wanted)
        if (wrong) throw new Failure('usage', `how many replicas? ${wrong}`)
        await scale(Number(wanted))
        say(`${wanted} replicas are ready`)
      },
    },
    status: { purpose: 'Shows the pods, where they are and what they use.', flags: [], run: status },
    down: {
      purpose: `Removes the workload with its namespace ${namespace}; the cluster stays.`,
      flags: [],
      run: async () => {
        await kubectl(
          'delete',
          'namespace',
          namespace,
          '--ignore-not-found',
          '--wait=true',
          '--request-timeout=180s',
        )
        say(`the namespace ${namespace} is gone; "minikube delete" ends a minikube cluster`)
      },
    },
  }

/** `npm run cluster:…`: the workload on the cluster of the current kube context. */
export async function cluster([name = '', ...args]: string[]): Promise<number> {
  const command = commands[name]
  if (!command)
    throw new Failure(
      'usage',
      `"cluster ${name}" is no command; there are ${Object.keys(commands).join(', ')}`,
    )
  const given = parseFlags(command.flags, args, process.env)
  if (given.help) {
    const usage = `npm run cluster:${name}${name === 'scale' ? ' -- N' : command.flags.length > 0 ? ' [-- FLAGS]' : ''}\n\n${command.purpose}`
    process.stdout.write(
      helpText(usage, command.flags, 'Exit codes: 0 done, 2 usage, 4 the cluster, in a sentence.'),
    )
    return exitCodes.pass
  }
  const [unexpected] = name === 'scale' ? given.positionals.slice(1) : given.positionals
  if (unexpected) throw new Failure('usage', `"${unexpected}" is not expected here`)
  await command.run(given)
  return exitCodes.pass
}

/** Runs a program whose own progress people should see. */
async function shown(program: 'minikube', args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 2, 2], cwd: root })
  const { code } = await exited(child).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new Failure('environment', notInstalled[program])
  })
  if (code !== 0)
    throw new Failure('environment', `${program} ${args[0]} ended with ${code}; what it said stands above`)
}

async function up(given: Given): Promise<void> {
  const gib = os.totalmem() / 2 ** 30
  if (os.availableParallelism() < 2 || gib < 3.5) {
    throw new Failure(
      'environment',
      `this machine has ${os.availableParallelism()} core and ${gib.toFixed(1)} GiB: a cluster, the workload and k6 need 2 cores and 4 GiB at least; use another cluster's context`,
    )
  }
  await shown('minikube', [
    'start',
    `--profile=${given.get('profile') ?? 'minikube'}`,
    `--nodes=${given.get('nodes') ?? '1'}`,
    '--addons=metrics-server',
  ])
}

async function deploy(given: Given): Promise<void> {
  const count = Number(given.get('replicas') ?? 2)
  const image = given.get('image')
  const components = given.get('with')?.split(',') ?? []
  for (const each of components) {
    if (!existsSync(path.join(root, 'manifests/components', each)))
      throw new Failure(
        'usage',
        `--with: there is no component "${each}"; there are autoscaling, token, monitoring`,
      )
  }
  const profile = await minikubeProfile()
  if (profile && !image) {
    say(`building ${ownImage} into minikube …`)
    await shown('minikube', [
      '-p',
      profile,
      'image',
      'build',
      '-t',
      ownImage,
      '-f',
      'workload/Dockerfile',
      '.',
    ])
  }
  await apply(count, image ?? ownImage, components)
  await settled(count)
  say(`${count} replicas are ready; "npm run cluster:url" prints their address`)
}

/** Applies the base with a number of replicas, an image and components, as a kustomization of its own. */
async function apply(count: number, image: string, components: readonly string[]): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'load-and-stress-'))
  const to = (inside: string) => path.relative(folder, path.join(root, 'manifests', inside))
  const [, newName = image, tag, digest] = /^(.*?)(?::([^:/@]+))?(?:@(.+))?$/.exec(image) ?? []
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [to('base')],
    components: components.map((each) => to(`components/${each}`)),
    replicas: [{ name: 'workload', count }],
    images: [
      { name: 'localhost/load-and-stress', newName, ...(tag && { newTag: tag }), ...(digest && { digest }) },
    ],
  }
  try {
    // JSON is YAML too.
    await writeFile(path.join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
    await kubectl('apply', '--server-side', '--force-conflicts', '-k', folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function status(): Promise<void> {
  const [all, cpu, { items: nodes }] = await Promise.all([pods(), podCpu(), kubeObject('nodes')])
  const rows = [
    ['pod', 'node', 'ready', 'restarts', 'CPU'],
    ...all.map((pod) => [
      pod.name,
      pod.node,
      pod.ready ? 'yes' : 'no',
      String(pod.restarts),
      cpu.get(pod.name) ?? '–',
    ]),
  ]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const troubles = all.flatMap(({ trouble }) => trouble ?? [])
  process.stdout.write(
    `${[...lines, '', `${nodes.length} node${nodes.length === 1 ? '' : 's'}`, ...troubles].join('\n')}\n`,
  )
}
