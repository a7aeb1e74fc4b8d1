#!/usr/bin/env node
// Other users of the machine can read a command line, which may hold a token.
process.title = 'load-and-stress'
try {
  const { register } = await import('tsx/esm/api')
  register()
  const { main } = await import('./main.ts')
  await main(process)
} catch (error) {
  // Before there is anything that could say it better.
  const why =
    error?.code === 'EMFILE'
      ? 'too many open files to start; raise the limit (ulimit -n 1024)'
      : error?.syscall === 'uv_cwd'
        ? 'the folder in which it was started is gone; start it in another one'
        : null
  if (why === null) throw error
  process.stderr.write(`load-and-stress: ${why}\n`)
  // The loader’s thread would say the same, with its stack.
  process.exit(4)
}
