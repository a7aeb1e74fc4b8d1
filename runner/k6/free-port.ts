import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { localPortRange } from '../shell/host.ts'

/** Below those that Kubernetes gives to services of nodes, above those of well-known services. */
const range = { first: 10_000, last: 29_999 }

/**
 * A loopback port that was free a moment ago; if possible none from which connections start, because until it is used
 * one of these could take it – even one to that same port, which Linux connects to itself.
 */
export async function freePort(startFrom = localPortRange()): Promise<number> {
  for (let tries = 0; tries < 20; tries++) {
    const port = range.first + Math.floor(Math.random() * (range.last - range.first + 1))
    if (startFrom && port >= startFrom.first && port <= startFrom.last) continue
    const free = await listened(port).catch(() => null)
    if (free !== null) return free
  }
  return listened(0)
}

/** The port, once it could be listened on; of 0 one that the system chose. */
async function listened(port: number): Promise<number> {
  const server = createServer()
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const { port: found } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return found
}
