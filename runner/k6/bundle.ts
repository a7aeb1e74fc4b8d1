import path from 'node:path'
import { build } from 'esbuild'
import type { ScenarioName } from '../../scenarios/catalogue.ts'

const folder = path.join(import.meta.dirname, '../../scenarios')

/** A built-in scenario with everything it imports as one ES module, which k6 reads from its standard input. */
export async function bundle(scenario: ScenarioName): Promise<string> {
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
