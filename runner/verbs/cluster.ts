import { deploy, down, printUrl, scaleTo, status, up } from '../cluster/workload.ts'
import { positiveInteger } from '../load/values.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { type Flags, type OptionsOf, option, type Parsed, parseFlags, text } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'

const upFlags = {
  nodes: option('LAS_NODES', 'n', 'how many nodes (1)', positiveInteger),
  profile: option('LAS_MINIKUBE_PROFILE', 'name', 'its minikube profile (minikube)', text),
} satisfies Flags

const deployFlags = {
  replicas: option('LAS_REPLICAS', 'n', 'how many (2)', positiveInteger),
  image: option(
    'LAS_IMAGE',
    'name',
    'an image that the cluster can pull; default: built into minikube',
    text,
  ),
  with: option(
    'LAS_COMPONENTS',
    'list',
    'of manifests/components: autoscaling,token,monitoring',
    (list: string): readonly string[] => list.split(','),
  ),
} satisfies Flags

type Command<Table extends Flags> = {
  readonly purpose: string
  readonly flags: Table
  readonly arguments?: readonly [number, number]
  readonly run: (
    shell: Shell,
    options: OptionsOf<Table>,
    positionals: Parsed<Table>['positionals'],
  ) => Promise<unknown>
}

const command = <Table extends Flags>(of: Command<Table>) => ({
  purpose: of.purpose,
  async start(shell: Shell, name: string, args: readonly string[]): Promise<void> {
    const usage = {
      ...of,
      command: `cluster ${name}${of.arguments ? ' N' : ''}`,
      notes: 'Exit codes: 0 done, 2 usage, 4 the cluster, in a sentence.',
    }
    const parsed = parseFlags(usage, args, shell)
    if (parsed) await of.run(shell, parsed.options, parsed.positionals)
  },
})

const commands = {
  up: command({
    purpose: 'Starts a minikube cluster with metrics-server.',
    flags: upFlags,
    run: (shell, { nodes = 1, profile = 'minikube' }) => up(shell, { nodes, profile }),
  }),
  deploy: command({
    purpose: 'Deploys the workload to the current kube context and waits until it is ready.',
    flags: deployFlags,
    run: (shell, { replicas = 2, image, with: components = [] }) =>
      deploy(shell, { replicas, image, components }),
  }),
  url: command({
    purpose: `Prints the address of the workload alone, once it has answered there.
npm adds a banner of its own: use npm run -s cluster:url, or npx load-and-stress cluster url.`,
    flags: {},
    run: printUrl,
  }),
  scale: command({
    purpose: 'Changes the number of replicas and waits until exactly this many are ready.',
    flags: {},
    arguments: [1, 1],
    run: (shell, _, [replicas = '']) => scaleTo(shell, replicasOf(replicas)),
  }),
  status: command({
    purpose: 'Shows the pods, where they run and what they use.',
    flags: {},
    run: status,
  }),
  down: command({
    purpose: 'Removes the workload with its namespace; the cluster stays.',
    flags: {},
    run: down,
  }),
} as const

/** `cluster COMMAND`: the bundled workload on the cluster of the current kube context. */
export async function cluster(shell: Shell, [name = '', ...args]: readonly string[]): Promise<number> {
  const chosen = Object.entries(commands).find(([each]) => each === name)?.[1]
  if (name === '--help' || name === '-h')
    shell.print(
      `Usage: load-and-stress cluster <command> [flags]\n\n${Object.entries(commands)
        .map(([each, { purpose }]) => `  ${each.padEnd(8)}${purpose.split('\n')[0]}`)
        .join('\n')}\n`,
    )
  else if (chosen) await chosen.start(shell, name, args)
  else
    throw new Failure(
      'usage',
      `"cluster ${name}" is not a command; available: ${Object.keys(commands).join(', ')}`,
    )
  return exitCodes.pass
}

function replicasOf(text: string): number {
  try {
    return positiveInteger(text)
  } catch (error) {
    throw new Failure('usage', `how many replicas? ${(error as Error).message}`)
  }
}
