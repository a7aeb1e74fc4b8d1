import { readdirSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'

const folder = path.join(import.meta.dirname, '../../scenarios')

/** The scenarios that there are, by their files. */
export const scenarioNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3))

/** The sentence that says that there is no such scenario. */
export const unknownScenario = (name: string): string | undefined =>
  scenarioNames().includes(name)
    ? undefined
    : `"${name}" is no scenario; there are ${scenarioNames().join(', ')}`

/** One scenario with all that it imports as one ES module, which k6 takes from its standard input. */
export async function bundle(scenario: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(folder, `${scenario}.ts`)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    external: ['k6', 'k6/*'],
    tsconfigRaw: {},
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}
