const pieceMiB = 16

/**
 * Holds memory, touched so that it is really there, until the thread is terminated – which gives it back at
 * once, where a thread that lived on would wait for its garbage collector.
 * @param {{ mib: number, held: Int32Array<SharedArrayBuffer> }} workerData `held[0]`: MiB that are there so far
 */
export function memoryThread({ mib, held }) {
  const pieces = []
  for (let left = mib; left > 0; left -= pieceMiB) {
    const size = Math.min(left, pieceMiB)
    pieces.push(Buffer.alloc(size * 2 ** 20, 1))
    Atomics.add(held, 0, size)
  }
  // The pieces stay reachable for as long as this listener does.
  setInterval(() => pieces.length, 2 ** 30)
}
