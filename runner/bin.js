#!/usr/bin/env node
import { readFileSync } from 'node:fs'

// Other users of the machine can read a command line, which may hold a token.
process.title = 'load-and-stress'
/** How many files this process may open; Infinity where the system does not say. */
function openFiles() {
  try {
    return Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity)
  } catch {
    return Infinity
  }
}

// Node's loader of modules waits for ever where it can open too few.
if (openFiles() < 48) {
  process.stderr.write('load-and-stress: too many open files to start; raise the limit (ulimit -n 1024)\n')
  process.exit(4)
}
try {
  const { register } = await import('tsx/esm/api')
  register()
  const { main } = await import('./main.ts')
  await main(process)
} catch (error) {
  // Before there is anything that could say it better.
  const why =
    error?.code === 'EMFILE' || (error?.code === 'ERR_MODULE_NOT_FOUND' && openFiles() <= 256)
      ? 'too many open files to start; raise the limit (ulimit -n 1024)'
      : error?.syscall === 'uv_cwd'
        ? 'the folder in which it was started is gone; start it in another one'
        : null
  if (why === null) throw error
  process.stderr.write(`load-and-stress: ${why}\n`)
  // The loader’s thread would say the same, with its stack.
  process.exit(4)
}
