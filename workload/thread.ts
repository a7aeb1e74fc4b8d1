import { workerData } from 'node:worker_threads'
import { memoryThread } from './memory-thread.ts'
import { stressThread } from './stress-thread.ts'
import { workThread } from './work-thread.ts'

const roles = { memory: memoryThread, stress: stressThread, work: workThread }
export type Roles = typeof roles

// The entry point of every thread.
const { role, data } = workerData as { role: keyof Roles; data: never }
roles[role](data)
