// Above 32 MiB, glibc's malloc always asks the kernel for the block and gives it back when it is freed (mallopt(3),
// M_MMAP_THRESHOLD); smaller ones it may keep for later.
const chunkMiB = 64

/**
 * Allocates `mib` of memory, touches it so that it is resident, and holds it until the thread is terminated.
 * That frees it at once; a thread that lived on would wait for its garbage collector. `held[0]` counts the
 * MiB so far.
 */
export function memoryThread({ mib, held }: { readonly mib: number; readonly held: Int32Array }): void {
  const chunks: Buffer[] = []
  for (let left = mib; left > 0; left -= chunkMiB) {
    const size = Math.min(left, chunkMiB)
    chunks.push(Buffer.alloc(size * 2 ** 20, 1))
    Atomics.add(held, 0, size)
  }
  // The timer keeps the chunks reachable and the thread alive.
  setInterval(() => chunks.length, 2 ** 30)
}
