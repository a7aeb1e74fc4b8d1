#!/usr/bin/env node
import { register } from 'tsx/esm/api'

// Other users of the machine can read a command line, which may hold a token.
process.title = 'load-and-stress'
register()
const { main } = await import('./main.ts')
await main(process)
