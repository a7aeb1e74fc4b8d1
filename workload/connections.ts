import { readdirSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Files that may be needed at once beside connections: `/proc`, new threads, the log. */
const spare = 48

/**
 * How many connections the limit of open files leaves, beside what is open now; Infinity where it is unknown.
 * @param root in place of `/`, for tests
 */
export function mostConnections(root = ''): number {
  try {
    const [, limit = ''] =
      /^Max open files +(\d+)/m.exec(readFileSync(`${root}/proc/self/limits`, 'utf8')) ?? []
    if (limit === '') return Infinity
    return Math.max(8, Number(limit) - readdirSync(`${root}/proc/self/fd`).length - spare)
  } catch {
    return Infinity
  }
}

/**
 * Beyond `most` connections, a new one takes the place of the one that has been idle longest, and is closed
 * itself where none is idle. So idle clients cannot use up the files that the service needs to live.
 */
export function boundConnections(server: Server, most: number): void {
  // In the order in which they fell idle. A connection without a complete request is idle.
  const idle = new Set<Socket>()
  let open = 0
  server.on('connection', (socket) => {
    open++
    idle.add(socket)
    socket.once('close', () => {
      open--
      idle.delete(socket)
    })
    if (open <= most) return
    const [oldest = socket] = idle
    idle.delete(oldest)
    oldest.destroy()
  })
  server.on('request', ({ socket }, response) => {
    idle.delete(socket)
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket)
    })
  })
}
