import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import { pino } from 'pino'
import { workload } from './app.ts'
import { readConfig } from './config.ts'
import { boundConnections, mostConnections } from './connections.ts'
import { help, version } from './help.ts'

async function serve(): Promise<void> {
  const config = readConfig(process.env)
  // pino's own stream retries forever when the reader of its output has gone; process.stdout does not.
  process.stdout.on('error', () => {})
  const base = config.POD_NAME ? { pod: config.POD_NAME } : null
  const log = pino({ level: config.LOG_LEVEL, base }, process.stdout)
  process.on('uncaughtException', (error) => {
    log.fatal({ error: error.message }, 'uncaught error')
    fail(error.message)
  })
  const service = workload(config, process.env, log)
  const server = createAdaptorServer({
    fetch: service.app.fetch,
    serverOptions: {
      requestTimeout: config.REQUEST_TIMEOUT_MS,
      headersTimeout: Math.min(config.REQUEST_TIMEOUT_MS, 10_000),
      connectionsCheckingInterval: Math.min(config.REQUEST_TIMEOUT_MS, 1000),
      // Longer than load balancers keep an idle connection (usually 60 s): if the server closed it first, the
      // balancer's next request would fail.
      keepAliveTimeout: 65_000,
    },
  }) as import('node:http').Server
  boundConnections(server, mostConnections())
  server.on('error', (error) => fail(`cannot listen on ${config.HOST}:${config.PORT}: ${error.message}`))
  server.listen(config.PORT, config.HOST, () => {
    const { address, port } = server.address() as AddressInfo
    const shown = address.includes(':') ? `[${address}]` : address
    const url = `http://${shown}:${port}`
    log.info({ url }, 'listening')
    // Whoever started it with a channel, such as the runner, learns the address whatever the log's level.
    process.send?.({ url })
  })

  let stopping = false
  // The order matters: report not ready, keep serving until load balancers have noticed, accept no more
  // connections, end the loads that clients wait for, answer open requests, then end the threads.
  async function stop(signal: string): Promise<void> {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'draining')
    service.drain()
    await sleep(config.DRAIN_DELAY_MS)
    const closed = new Promise((resolve) => server.close(resolve))
    service.endLoads()
    server.closeIdleConnections()
    const timeout = setTimeout(() => server.closeAllConnections(), config.DRAIN_MS)
    await closed
    clearTimeout(timeout)
    await service.close()
    log.info('ended')
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function fail(sentence: string, exitCode = 1): never {
  console.error(`workload: ${sentence}`)
  process.exit(exitCode)
}

/** For the image's health check: the image has no other HTTP client. */
async function checkHealth(): Promise<never> {
  const { PORT } = readConfig(process.env)
  const response = await fetch(`http://127.0.0.1:${PORT}/healthz`, {
    signal: AbortSignal.timeout(2000),
  }).catch(() => null)
  process.exit(response?.ok ? 0 : 1)
}

const commands: Record<string, () => unknown> = {
  health: checkHealth,
  '--help': () => console.log(help()),
  '--version': () => console.log(version),
}

async function main(): Promise<void> {
  const [name, ...rest] = process.argv.slice(2)
  if (name === undefined) return serve()
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  const unknown = command ? rest[0] : name
  if (unknown !== undefined) fail(`unknown argument "${unknown}"; --help lists the arguments`, 2)
  await command?.()
}

main().catch((error: Error) => fail(error.message))
