import assert from 'node:assert/strict'
import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findK6 } from '../runner/k6/find.ts'
import { noneLeft, type Started, said } from './command.ts'
import { testShell } from './shell.ts'

/** What only SIGKILL ends. */
export const hang = "trap '' INT TERM; sleep 600; sleep 600"

/** A k6 that does something else for one of its commands; in a folder of its own, which it marks when it comes there. */
export async function fakeK6(out: string, phase: 'version' | 'inspect' | 'run', instead: string) {
  const folder = await mkdtemp(path.join(out, 'fake-'))
  const { path: real } = await findK6(testShell())
  const K6_BIN = path.join(folder, 'k6')
  const script = `#!/bin/sh\nif [ "$1" = ${phase} ]; then : > '${folder}/there'; ${instead}; fi\nexec '${real}' "$@"\n`
  await writeFile(K6_BIN, script, { mode: 0o755 })
  return { folder, environment: { K6_BIN } }
}

export async function there(folder: string, { process }: Started): Promise<void> {
  while (!(await readdir(folder)).includes('there') && process.exitCode === null) await sleep(20)
}

/** Presses Ctrl-C so often; the command has to end within five seconds, and leave no process. */
export async function stopped(
  started: Started,
  times: number,
  codes: readonly number[] = [130],
): Promise<void> {
  for (let time = 1; time <= times; time++) {
    if (time > 1) await said(started, 'interrupted: ')
    started.process.kill('SIGINT')
  }
  const code = await Promise.race([started.ended, sleep(5000, 'hangs', { ref: false })])
  if (code === 'hangs') started.process.kill('SIGKILL')
  assert.ok(codes.includes(Number(code)), `${code}: ${started.stderr}`)
  assert.doesNotMatch(started.stderr, / at .*:\d+:\d+|a fault of/)
  await noneLeft(started.mark)
}
