import assert from 'node:assert/strict'
import path from 'node:path'
import { build } from 'esbuild'
import { findK6 } from '../runner/k6/find.ts'
import { capture } from '../runner/shell/processes.ts'
import { testShell } from './shell.ts'

type Inspected = {
  readonly scenarios: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly tags: Readonly<Record<string, string>>
}

/** The options that `k6 inspect` reads from a script; fails with k6's message if it does not accept the script. */
export const inspected = async (script: string, env: Record<string, string> = {}): Promise<Inspected> =>
  JSON.parse(await k6(['inspect', '--include-system-env-vars', '-'], script, env))

/** What the handleSummary of a script prints. */
export const printed = (script: string): Promise<string> => k6(['run', '--quiet', '-'], script)

/** Bundles a script that imports as if it stood in scenarios/lib. */
export async function bundled(script: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: path.join(import.meta.dirname, '../scenarios/lib'), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    external: ['k6', 'k6/*'],
    tsconfigRaw: {},
  })
  return outputFiles[0]?.text ?? ''
}

/**
 * Calls a function with `input` in k6's JavaScript during init. `script` exports it as `answer`; input and output travel
 * as JSON.
 */
export async function answered<T>(script: string, input: unknown): Promise<T> {
  const { tags } = await inspected(
    await bundled(`${script}
export const options = { tags: { answer: JSON.stringify(answer(${JSON.stringify(input)})) } }
export default () => {}`),
  )
  return JSON.parse(tags.answer ?? '')
}

async function k6(args: string[], script: string, env: Record<string, string> = {}): Promise<string> {
  const { path: program } = await findK6(testShell())
  const { code, stdout, stderr } = await capture(program, args, {
    input: script,
    env: { ...process.env, K6_NO_USAGE_REPORT: 'true', ...env },
  })
  assert.equal(code, 0, stderr)
  return stdout
}
