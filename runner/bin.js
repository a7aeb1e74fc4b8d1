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
  if (error?.code !== 'EMFILE') throw error
  process.stderr.write('load-and-stress: too many open files to start; raise the limit (ulimit -n 1024)\n')
  process.exitCode = 4
}
