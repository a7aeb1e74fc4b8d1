import { existsSync } from 'node:fs'
import path from 'node:path'
import { type ScenarioName, scenarioNames } from '../../scenarios/catalogue.ts'
import { bundle, bundleFile } from '../k6/bundle.ts'
import type { openedFiles } from '../k6/opened.ts'
import { Failure } from '../shell/exit.ts'
import { type Shell, userPath } from '../shell/shell.ts'
import type { Rehearsal } from './rehearsal.ts'

/** What k6 runs: a built-in scenario, or somebody's own file. */
export type Script = {
  /** constant, or checkout of tests/checkout.ts: for titles and folders. */
  readonly name: string
  /** One ES module. */
  readonly text: string
  /** null for a built-in scenario. */
  readonly own: OwnScript | null
}

export type OwnScript = {
  readonly file: string
  readonly sha256: string
  /** Whether it takes the URL of its target from BASE_URL. */
  readonly readsBase: boolean
  /** Learned before the first load of this command. */
  rehearsed?: Promise<Rehearsal | null>
  /** Packed once, for pods: an edit meanwhile must not change what is measured. */
  opened?: ReturnType<typeof openedFiles>
  /** What has been said of it: a series says it once. */
  readonly said: Set<string>
}

/** Whether what names a script is a file rather than a built-in scenario. */
export const isFile = (name: string): boolean => /[/\\]|\.[cm]?[jt]s$/.test(name)

/** The built-in scenario of that name; a `Failure` that lists them for any other. */
export function scenarioOf(name: string): ScenarioName {
  const known = scenarioNames.find((each) => each === name)
  if (known) return known
  throw new Failure(
    'usage',
    `unknown scenario "${name}"; available: ${scenarioNames.join(', ')}, or a k6 script such as ./checkout.ts`,
  )
}

/** A built-in scenario's name, or the absolute path of a script that exists. */
export function scriptNamed(shell: Pick<Shell, 'cwd'>, name: string): string {
  if (!isFile(name)) return scenarioOf(name)
  const file = userPath(shell, name)
  if (existsSync(file)) return file
  throw new Failure('usage', `${name}: no such script`)
}

/** `constant`, or `checkout` of a path. */
export const shortName = (name: string): string =>
  isFile(name)
    ? path
        .basename(name)
        .replace(/\.[^.]+$/, '')
        .replace(/[^\w.-]+/g, '-') || 'script'
    : name

/** @param name a built-in scenario's, or the absolute path of a file */
export async function scriptOf(name: string): Promise<Script> {
  if (!isFile(name)) return { name, text: await bundle(scenarioOf(name)), own: null }
  const { text, sha256, code } = await bundleFile(name)
  const readsBase = /\bBASE_URL\b/.test(code)
  return { name: shortName(name), text, own: { file: name, sha256, readsBase, said: new Set() } }
}
