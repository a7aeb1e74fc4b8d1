import { globSync } from 'tinyglobby'

// All tests of this room in one process: they are pure, and to start a process and load what they share takes longer
// than most of them.
for (const file of globSync('*/**/*.test.ts', { cwd: import.meta.dirname, absolute: true }).sort())
  await import(file)
