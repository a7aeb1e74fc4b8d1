import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { Failure } from '../shell/exit.ts'
import type { Shell } from '../shell/shell.ts'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.log': 'text/plain; charset=utf-8',
  '.csv': 'text/plain; charset=utf-8',
  '.xml': 'text/plain; charset=utf-8',
  '.ndjson': 'text/plain; charset=utf-8',
}

/** What a page may load: nothing from anywhere else. Pages have stricter policies of their own, by hash. */
const headers = {
  'content-security-policy':
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/**
 * The file that a request may read: of a known kind in the folder, also when all links are followed, and not hidden. A
 * plan is its owner's alone. Null for any other.
 * @param root the folder, with all links followed
 */
async function fileFor(root: string, address: string): Promise<string | null> {
  let name: string
  try {
    name = decodeURIComponent(new URL(address, 'http://127.0.0.1').pathname)
  } catch {
    return null
  }
  const parts = name.split('/').filter(Boolean)
  if (parts.some((part) => part.startsWith('.') || /[\\\0]/.test(part))) return null
  const inside = (at: string) =>
    at === root || at.startsWith(root.endsWith(path.sep) ? root : root + path.sep)
  for (const at of [path.join(root, ...parts), path.join(root, ...parts, 'index.html')]) {
    const real = await realpath(at).catch(() => null)
    if (real === null || !inside(real) || !Object.hasOwn(types, path.extname(real))) continue
    if (path.basename(real) === 'sweep.json') continue
    if ((await stat(real).catch(() => null))?.isFile()) return real
  }
  return null
}

/** Answers GET and HEAD with files of the folder; pages of other sites, which may call this address by a name, get none. */
const answer =
  (root: string, port: () => number) => async (request: IncomingMessage, response: ServerResponse) => {
    const refuse = (status: number, words: string) =>
      response
        .writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8' })
        .end(`${words}\n`)
    const { method = '', url = '/', headers: given } = request
    if (![`127.0.0.1:${port()}`, `localhost:${port()}`].includes(given.host ?? ''))
      return refuse(403, 'Refused: open the printed address')
    const site = given['sec-fetch-site']
    if (site && !['same-origin', 'none'].includes(String(site)) && given['sec-fetch-mode'] !== 'navigate')
      return refuse(403, 'Refused: a page of another site sent this')
    if (!['GET', 'HEAD'].includes(method)) {
      response.setHeader('allow', 'GET, HEAD')
      return refuse(405, 'Only GET and HEAD')
    }
    const file = await fileFor(root, url)
    if (file === null) return refuse(404, 'No such file')
    response.writeHead(200, { ...headers, 'content-type': types[path.extname(file)] })
    if (method === 'HEAD') return response.end()
    return createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response)
  }

/** Serves a folder read-only on a free port of 127.0.0.1, prints the address and opens it, until Ctrl-C. */
export async function serveResults(shell: Shell, out: string): Promise<void> {
  const root = await realpath(out)
  const server = createServer((request, response) => {
    answer(root, () => (server.address() as AddressInfo).port)(request, response).catch(() =>
      response.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await Promise.race([
    once(server, 'listening'),
    once(server, 'error').then(([error]) => {
      throw new Failure(
        'environment',
        `no port on 127.0.0.1 to serve the results on (${(error as Error).message})`,
      )
    }),
  ])
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  shell.print(`${address}\n`)
  shell.say('serving until Ctrl-C')
  opened(shell, address)
  try {
    if (!shell.signal.aborted) await once(shell.signal, 'abort')
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

/** Asks the system to show an address; where nothing can, the printed one is enough. */
function opened({ env }: Shell, address: string): void {
  const [program, ...args] =
    process.platform === 'darwin'
      ? ['open', address]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', address]
        : ['xdg-open', address]
  const child = spawn(program as string, args, { env, stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
