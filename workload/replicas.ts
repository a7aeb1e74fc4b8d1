import cluster from 'node:cluster'
import path from 'node:path'
import { calibrate } from './burn.ts'

/**
 * Several processes of the service behind one port, to try a sweep without a cluster. Each has one work
 * thread, and all have the same calibration, so every request is the same work in every process. The first
 * process only hands out connections, round robin.
 */
const replicas = Number(process.argv[2])
if (!Number.isInteger(replicas) || replicas < 1) {
  console.error('usage: workload/replicas.ts REPLICAS')
  process.exit(2)
}

cluster.setupPrimary({ exec: path.join(import.meta.dirname, 'main.ts'), args: [], silent: true })
const unitsPerMs = String(process.env.WORK_UNITS_PER_MS || calibrate())
let listening = 0
let ending = false

for (let index = 1; index <= replicas; index++) {
  const worker = cluster.fork({
    WORK_UNITS_PER_MS: unitsPerMs,
    WORK_THREADS: '1',
    POD_NAME: `local-${index}`,
  })
  worker.process.stderr?.pipe(process.stderr)
  worker.once('listening', ({ address, port }) => {
    if (++listening < replicas) return
    const url = `http://${address}:${port}`
    console.log(JSON.stringify({ msg: 'listening', url }))
    // The runner learns the address from this, as from the service itself.
    process.send?.({ url })
  })
  worker.once('exit', (code) => {
    if (!ending) {
      console.error(`replica ${index} exited with code ${code}`)
      end(1)
    } else if (Object.keys(cluster.workers ?? {}).length === 0) process.exit()
  })
}

function end(code: number): void {
  if (ending) return
  ending = true
  process.exitCode = code
  for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM')
}
process.on('SIGTERM', () => end(0))
process.on('SIGINT', () => end(0))
process.on('disconnect', () => end(0))
