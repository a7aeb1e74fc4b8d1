import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { workload } from './app.ts'
import { readConfig } from './config.ts'

const drainMs = 10_000

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const service = workload(config, process.env)
  const server = createAdaptorServer({ fetch: service.app.fetch }) as import('node:http').Server
  server.on('error', (error) => fail(`cannot listen on ${config.HOST}:${config.PORT}: ${error.message}`))
  server.listen(config.PORT, config.HOST, () => {
    const { address, port } = server.address() as AddressInfo
    const shown = address.includes(':') ? `[${address}]` : address
    // The runner reads this line to learn the port.
    console.log(JSON.stringify({ msg: 'listening', url: `http://${shown}:${port}` }))
  })

  let stopping = false
  // The order matters: say not ready, end the loads that somebody may be waiting for, take no new connection,
  // answer what is under way, then end the threads.
  async function stop(): Promise<void> {
    if (stopping) return
    stopping = true
    service.drain()
    const closed = new Promise((resolve) => server.close(resolve))
    service.endLoads()
    server.closeIdleConnections()
    const late = setTimeout(() => server.closeAllConnections(), drainMs)
    await closed
    clearTimeout(late)
    await service.close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function fail(sentence: string): never {
  console.error(`workload: ${sentence}`)
  process.exit(1)
}

process.on('uncaughtException', (error) => fail(error.message))
main().catch((error: Error) => fail(error.message))
