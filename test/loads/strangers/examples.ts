import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { capture } from '../../../runner/shell/processes.ts'
import { root } from '../../command.ts'

const goModule = path.join(root, 'tools/k6')
const services = 'internal/lib/testutils/grpcservice'

const go = (args: readonly string[], cwd = goModule) =>
  capture('go', args, { cwd, env: { ...process.env, GOFLAGS: '-mod=mod' }, timeoutMs: 180_000 }).then(
    ({ code, stdout, stderr }) => {
      if (code !== 0) throw new Error(stderr)
      return stdout.trim()
    },
  )

/** The folder of the pinned k6's source, which Go fetches where it is not there yet; null without Go. */
export async function k6Source(): Promise<string | null> {
  try {
    const { Dir } = JSON.parse(await go(['mod', 'download', '-json', 'go.k6.io/k6/v2']))
    return Dir
  } catch {
    return null
  }
}

/** Copies k6's examples, and the files beside them that they read, into a folder; their paths. */
export async function copyExamples(source: string, to: string): Promise<string[]> {
  const writable = async (folder: string) => {
    for (const each of await readdir(folder, { recursive: true, withFileTypes: true }))
      await chmod(path.join(each.parentPath, each.name), each.isDirectory() ? 0o755 : 0o644)
  }
  await cp(path.join(source, 'examples'), path.join(to, 'examples'), { recursive: true })
  // Some still name the place where it was.
  for (const place of [services, services.replace('internal/', '')])
    await cp(path.join(source, services), path.join(to, place), { recursive: true })
  await chmod(path.join(to, 'examples'), 0o755)
  await writable(to)
  const files = await readdir(path.join(to, 'examples'), { recursive: true })
  return files.filter((file) => /\.[jt]s$/.test(file)).sort()
}

/** Starts the gRPC server that the examples expect, built from k6's source. */
export async function routeGuide(
  copied: string,
  to: string,
): Promise<{ process: ChildProcess; address: string }> {
  await mkdir(to)
  await cp(path.join(copied, services), path.join(to, 'grpcservice'), { recursive: true })
  const module = await readFile(path.join(goModule, 'go.mod'), 'utf8')
  await writeFile(path.join(to, 'go.mod'), module.replace(/^module .*/m, 'module strangers'))
  await copyFile(path.join(goModule, 'go.sum'), path.join(to, 'go.sum'))
  await copyFile(path.join(import.meta.dirname, 'route-guide.go'), path.join(to, 'main.go'))
  await go(['build', '-o', 'route-guide', '.'], to)
  const child = spawn(path.join(to, 'route-guide'), { stdio: ['pipe', 'pipe', 'ignore'] })
  const [address] = await once(createInterface({ input: child.stdout }), 'line')
  return { process: child, address }
}

/** A key and a certificate that nobody trusts, made by a program of Go's own. */
export async function certificate(to: string): Promise<{ key: string; cert: string }> {
  await mkdir(to)
  const program = path.join(await go(['env', 'GOROOT']), 'src/crypto/tls/generate_cert.go')
  await go(['run', program, '--host', 'localhost'], to)
  const read = (name: string) => readFile(path.join(to, name), 'utf8')
  return { key: await read('key.pem'), cert: await read('cert.pem') }
}
