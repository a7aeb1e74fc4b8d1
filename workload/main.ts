import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import { pino } from 'pino'
import { workload } from './app.ts'
import { readConfig } from './config.ts'

async function serve(): Promise<void> {
  const config = readConfig(process.env)
  // pino's own stream tries for ever to write its last words to a reader that has gone; this one lets go.
  process.stdout.on('error', () => {})
  const base = config.POD_NAME ? { pod: config.POD_NAME } : null
  const log = pino({ level: config.LOG_LEVEL, base }, process.stdout)
  process.on('uncaughtException', (error) => {
    log.fatal({ error: error.message }, 'ended by an error')
    fail(error.message)
  })
  const service = workload(config, process.env, log)
  const server = createAdaptorServer({
    fetch: service.app.fetch,
    serverOptions: {
      requestTimeout: config.REQUEST_TIMEOUT_MS,
      headersTimeout: Math.min(config.REQUEST_TIMEOUT_MS, 10_000),
      connectionsCheckingInterval: Math.min(config.REQUEST_TIMEOUT_MS, 1000),
      // Longer than load balancers keep an idle connection (60 s at most of them): the one who closes first must
      // be the one who sends.
      keepAliveTimeout: 65_000,
    },
  }) as import('node:http').Server
  server.on('error', (error) => fail(`cannot listen on ${config.HOST}:${config.PORT}: ${error.message}`))
  server.listen(config.PORT, config.HOST, () => {
    const { address, port } = server.address() as AddressInfo
    const shown = address.includes(':') ? `[${address}]` : address
    // The runner reads this line to learn the port.
    log.info({ url: `http://${shown}:${port}` }, 'listening')
  })

  let stopping = false
  // The order matters: say not ready, go on answering until the balancers have heard, end the loads that somebody
  // may be waiting for, take no new connection, answer what is under way, then end the threads.
  async function stop(signal: string): Promise<void> {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'draining')
    service.drain()
    await sleep(config.DRAIN_DELAY_MS)
    const closed = new Promise((resolve) => server.close(resolve))
    service.endLoads()
    server.closeIdleConnections()
    const late = setTimeout(() => server.closeAllConnections(), config.DRAIN_MS)
    await closed
    clearTimeout(late)
    await service.close()
    log.info('ended')
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function fail(sentence: string): never {
  console.error(`workload: ${sentence}`)
  process.exit(1)
}

/** For the image's health check, which has no other program to ask with. */
async function checkHealth(): Promise<never> {
  const { PORT } = readConfig(process.env)
  const response = await fetch(`http://127.0.0.1:${PORT}/healthz`, {
    signal: AbortSignal.timeout(2000),
  }).catch(() => null)
  process.exit(response?.ok ? 0 : 1)
}

const start = process.argv[2] === 'health' ? checkHealth : serve
start().catch((error: Error) => fail(error.message))
