import path from 'node:path'
import { build } from 'esbuild'

/** Where the script of the page of results begins. */
export const pageScriptFile = path.join(import.meta.dirname, '../../analysis/report/results/page/main.ts')

/**
 * The script of the page of results with all that it imports: the analysis' own code, so that the page compares as the
 * command does. What describes and reads files is left out: the page reads none.
 */
export async function pageScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [pageScriptFile],
    bundle: true,
    write: false,
    minify: true,
    charset: 'utf8',
    format: 'iife',
    target: 'es2022',
    tsconfigRaw: {},
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [
      {
        name: 'no files',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^(zod$|node:)/ }, ({ path }) => ({
            path,
            namespace: 'no files',
            sideEffects: false,
          }))
          onLoad({ filter: /^/, namespace: 'no files' }, () => ({
            contents:
              'const z = new Proxy(() => {}, { get: () => z, apply: () => z }); module.exports = { z }',
          }))
        },
      },
    ],
  })
  // A script ends where this is written, whatever it stands in.
  return (outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script')
}
