import { workerData } from 'node:worker_threads'
import { memoryThread } from './memory-thread.js'
import { stressThread } from './stress-thread.js'
import { workThread } from './work-thread.js'

/**
 * What every thread of the service starts as. Plain JavaScript, because Node 20 cannot give a thread the
 * TypeScript loader; without it they also start ten times faster.
 */
const roles = { memory: memoryThread, stress: stressThread, work: workThread }
roles[/** @type {keyof typeof roles} */ (workerData.role)](workerData)
