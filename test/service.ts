import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'

const root = path.join(import.meta.dirname, '..')

export type Service = {
  readonly url: string
  readonly process: ChildProcess
  readonly stdout: string[]
  readonly stderr: string[]
}

export function spawned(
  environment: Record<string, string>,
  args: string[] = [],
  openFiles?: number,
): Service['process'] & { stderrLines: string[] } {
  const command = [process.execPath, '--import', 'tsx', 'workload/main.ts', ...args]
  const limited = openFiles === undefined ? [] : ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh']
  const [program = '', ...rest] = [...limited, ...command]
  const child = spawn(program, rest, {
    cwd: root,
    env: { ...process.env, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stderrLines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => stderrLines.push(line))
  return Object.assign(child, { stderrLines })
}

/** Starts the workload as a process on a free loopback port, with a limit of open files where one is given. */
export async function started(
  environment: Record<string, string> = {},
  openFiles?: number,
): Promise<Service> {
  const child = spawned(environment, [], openFiles)
  const stdout: string[] = []
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  lines.on('line', (line) => stdout.push(line))
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'close')])
  assert.equal(typeof line, 'string', child.stderrLines.join('\n'))
  return { url: JSON.parse(line).url, process: child, stdout, stderr: child.stderrLines }
}

/** Waits for the exit code. */
export async function ended({ process: child }: Service): Promise<unknown> {
  if (child.exitCode === null) await once(child, 'exit')
  return child.exitCode
}

export type Serving = { readonly url: string; close(): void }

/** Serves `listener` on a free loopback port. */
export async function serving(listener: RequestListener): Promise<Serving> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Serves `listener` at an address of this machine, on a free port for 0, and counts the connections that are made to it. */
export async function counting(address: string, port: number, listener: RequestListener) {
  const counted = { connections: 0, port: 0 }
  const server = createServer(listener).listen(port, address)
  server.on('connection', () => void counted.connections++)
  await once(server, 'listening')
  counted.port = (server.address() as AddressInfo).port
  return counted
}

// biome-ignore lint/suspicious/noExplicitAny: the tests check what the service answers
export async function json(response: Response | Promise<Response>): Promise<any> {
  return (await response).json()
}
