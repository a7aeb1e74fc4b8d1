import { workerData } from 'node:worker_threads'
import { burn } from './burn.js'

/** @type {{ deadlines: BigInt64Array<SharedArrayBuffer>, index: number, unitsPerMs: number }} */
const { deadlines, index, unitsPerMs } = workerData

// Burns until this thread's deadline, in slices short enough to notice that it was moved; sleeps past it.
for (;;) {
  const deadline = Atomics.load(deadlines, index)
  if (process.hrtime.bigint() < deadline) burn(unitsPerMs)
  else Atomics.wait(deadlines, index, deadline)
}
