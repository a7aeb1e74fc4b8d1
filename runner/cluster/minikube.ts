import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { Failure } from '../shell/exit.ts'
import { capture, start } from '../shell/processes.ts'
import type { Shell } from '../shell/shell.ts'
import type { Kubectl } from './kubectl.ts'

const root = path.join(import.meta.dirname, '../..')

/** Runs minikube in the project's folder; people see its progress. */
export async function minikube({ env }: Pick<Shell, 'env'>, ...args: readonly string[]): Promise<void> {
  const { ended } = start('minikube', args, { env, stdio: ['ignore', 2, 2], cwd: root })
  const { code, signal } = await ended.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new Failure(
      'environment',
      'minikube is not installed (https://minikube.sigs.k8s.io/docs/start/); to use another cluster, make it the current kube context',
    )
  })
  if (code !== 0)
    throw new Failure('environment', `minikube ${args[0]} ended with ${code ?? signal}; see its output above`)
}

/** The minikube profile behind the current context; null for any other cluster, or without minikube. */
export async function minikubeProfile({ currentContext, shell: { env } }: Kubectl): Promise<string | null> {
  const context = await currentContext()
  if (context === null) return null
  try {
    const { stdout } = await capture('minikube', ['profile', 'list', '-o', 'json'], { env })
    const { valid } = JSON.parse(stdout) as { valid?: { Name: string }[] }
    return valid?.some(({ Name }) => Name === context) ? context : null
  } catch {
    return null
  }
}

const sources = ['package.json', 'package-lock.json', '.npmrc']

/** A hash of what workload/Dockerfile makes the image of, apart from its base. */
function contentHash(): string {
  const workload = readdirSync(path.join(root, 'workload'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map(({ parentPath, name }) => path.relative(root, path.join(parentPath, name)))
  const hash = createHash('sha256')
  for (const name of [...sources, ...workload.sort()])
    hash.update(`${name}\n`).update(readFileSync(path.join(root, name)))
  return hash.digest('hex').slice(0, 12)
}

/**
 * Builds the workload's image into a profile, unless it is there, and gives its name. Its content is in the tag: with the
 * same tag a deployment would keep the pods that it has.
 * @throws a Failure where the image is not there afterwards; `minikube image build` exits 0 also where the build failed
 */
export async function buildInto(
  { env, say }: Pick<Shell, 'env' | 'say'>,
  profile: string,
  name: string,
): Promise<string> {
  const image = `${name}-${contentHash()}`
  const isThere = async () => (await imagesOf({ env }, profile)).includes(image)
  if (await isThere()) return image
  say(`building ${image} into minikube …`)
  const dockerfile = ['-t', image, '-f', 'workload/Dockerfile', '.']
  await minikube({ env }, '-p', profile, 'image', 'build', ...dockerfile)
  if (await isThere()) return image
  throw new Failure(
    'environment',
    `minikube has no image ${image} after building it; see its output above. Nothing was deployed`,
  )
}

const listed = z.array(z.object({ repoTags: z.array(z.string()).nullish() }))

async function imagesOf({ env }: Pick<Shell, 'env'>, profile: string): Promise<string[]> {
  const args = ['-p', profile, 'image', 'ls', '--format', 'json']
  const { code, stdout, stderr } = await capture('minikube', args, { env })
  // Warnings may come before it; without an image it is null.
  const json = /^(\[.*|null)$/m.exec(stdout)?.[0] ?? ''
  const images = listed.nullable().safeParse(code === 0 && json ? JSON.parse(json) : undefined)
  if (images.success) return (images.data ?? []).flatMap(({ repoTags }) => repoTags ?? [])
  throw new Failure(
    'environment',
    `minikube cannot list its images: ${stderr.trim().split('\n').at(-1) || `ended with ${code}`}`,
  )
}
