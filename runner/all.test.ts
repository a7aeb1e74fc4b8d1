import { globSync } from 'tinyglobby'

// In one process, as those of analysis/: to start one and load what they share takes longer than most of them. What
// plays a cluster or a target takes its time and stays beside them.
const floors = '{shell,k6,load,results,series,verbs}/*.test.ts'
for (const file of globSync(floors, { cwd: import.meta.dirname, absolute: true }).sort()) await import(file)
