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
    if ((await listened(port)) !== null) return port
  }
  return (await listened(0)) ?? 0
}

/** The port that could be listened on; null where it could not. */
async function listened(port: number): Promise<number | null> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
  } catch (error) {
    if (port === 0) throw error
    return null
  }
  const { port: found } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return found
}
