import { existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { shellOf } from '../shell/shell.ts'
import { findK6 } from './find.ts'

// Puts the k6 that runs would use into a folder, for an image.
const [folder] = process.argv.slice(2)
if (!folder) {
  console.error('usage: runner/k6/install.ts FOLDER')
  process.exit(2)
}
const { signal } = new AbortController()
const shell = shellOf({ env: process.env, cwd: process.cwd(), signal, urgent: signal }, process)
const k6 = await findK6(shell)
await mkdir(folder, { recursive: true })
const onPath = (process.env.PATH ?? '').split(path.delimiter).map((each) => path.join(each, 'k6'))
const program = k6.path === 'k6' ? onPath.find((each) => existsSync(each)) : k6.path
if (program) await copyFile(program, path.join(folder, 'k6'))
