import { Worker } from 'node:worker_threads'

/**
 * Starts the thread of that name, which stands beside this file. Threads are plain JavaScript because Node 20
 * cannot give a thread the TypeScript loader; without it they also start ten times faster. One that fails
 * takes the process with it: there is nothing in it that can fail but a broken installation.
 */
export function startThread(name: 'work-thread' | 'stress-thread', workerData?: object): Worker {
  const thread = new Worker(new URL(`./${name}.js`, import.meta.url), { workerData, execArgv: [] })
  return thread.on('error', (error) => {
    throw new Error(`${name}: ${error.message}`)
  })
}
