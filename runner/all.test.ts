import { globSync } from 'tinyglobby'

// In one process, as those of analysis/: to start one and load what they share takes longer than most of them. What
// plays a cluster or a target takes its time and stays beside them.
const beside = ['cluster/**', 'targets/**']
const files = globSync('*/*.test.ts', { cwd: import.meta.dirname, absolute: true, ignore: beside })
for (const file of files.sort()) await import(file)
