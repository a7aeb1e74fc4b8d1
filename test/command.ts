import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseRun, type Run } from '../analysis/formats/run.ts'
import type { RunStatistics } from '../analysis/run/statistics.ts'
import { Statistics } from '../analysis/runs/statistics.ts'
import { command } from '../runner/main.ts'
import { shellOf } from '../runner/shell/shell.ts'

export const root = path.join(import.meta.dirname, '..')

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** One of our commands in this process, for somebody who stands in that folder. */
export async function commandIn(
  folder: string,
  args: readonly string[],
  environment: Record<string, string> = {},
  { signal = new AbortController().signal, said = (_: string) => {} } = {},
): Promise<Ended> {
  const output = { stdout: '', stderr: '' }
  const shell = shellOf(
    {
      env: { ...process.env, LAS_RESULTS_DIR: folder, ...environment },
      cwd: folder,
      signal,
      urgent: new AbortController().signal,
    },
    {
      stdout: { write: (text) => (output.stdout += text) },
      stderr: {
        write(text) {
          output.stderr += text
          said(text)
        },
      },
    },
  )
  return { code: await command(shell, args), ...output }
}

export type Started = {
  readonly process: ChildProcess
  /** In the environment of every process of this command, by which they can be found. */
  readonly mark: string
  stdout: string
  stderr: string
  readonly ended: Promise<number | null>
}

/** One of our commands as a process of its own, as npm would start it: for what only a process shows. */
export function startIn(
  folder: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Started {
  const mark = randomUUID()
  const child = spawn(process.execPath, ['runner/bin.js', ...args], {
    cwd: root,
    env: { ...process.env, LAS_RESULTS_DIR: folder, INIT_CWD: folder, MARK: mark, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const started: Started = {
    process: child,
    mark,
    stdout: '',
    stderr: '',
    ended: once(child, 'close').then(([code]) => code as number | null),
  }
  child.stdout.on('data', (data) => {
    started.stdout += data
  })
  child.stderr.on('data', (data) => {
    started.stderr += data
  })
  return started
}

/** Waits until a command has printed this on stderr, or has ended. */
export async function said(started: Started, words: string): Promise<void> {
  while (!started.stderr.includes(words) && started.process.exitCode === null) await sleep(20)
}

/** The processes that still carry the mark; only Linux shows them. */
export async function left(mark: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc').catch(() => [])) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (environment.includes(mark))
      found.push(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => pid))
  }
  return found
}

export async function noneLeft(mark: string): Promise<void> {
  let found: string[] = []
  for (let look = 0; look < 100; look++) {
    found = await left(mark)
    if (found.length === 0) return
    await sleep(100)
  }
  assert.deepEqual(found, [])
}

/** The report that a command says it has written: its folder, and what is in its statistics.json. */
export async function reportOf(
  folder: string,
  stderr: string,
): Promise<{ report: string; statistics: Statistics }> {
  const page = /^report: (.*)$/m.exec(stderr)?.[1]
  assert.ok(page, stderr)
  const report = path.dirname(path.resolve(folder, page))
  const text = await readFile(path.join(report, 'statistics.json'), 'utf8')
  return { report, statistics: Statistics.parse(JSON.parse(text)) }
}

/** The result folder that a command run in `folder` says it left, read. */
export async function runOf(
  folder: string,
  stderr: string,
): Promise<{ folder: string; run: Run; figures: RunStatistics }> {
  const { report, statistics } = await reportOf(folder, stderr)
  const resultFolder = path.dirname(report)
  const reading = parseRun(await readFile(path.join(resultFolder, 'run.json'), 'utf8'))
  assert.ok(reading.kind === 'ok' && statistics.runs[0])
  return { folder: resultFolder, run: reading.value.run, figures: statistics.runs[0] }
}
