import { parentPort } from 'node:worker_threads'
import { burn, warmUp } from './burn.js'

warmUp()
parentPort?.on('message', (/** @type {number} */ units) => {
  const start = performance.now()
  burn(units)
  parentPort?.postMessage(performance.now() - start)
})
