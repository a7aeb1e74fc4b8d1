import path from 'node:path'
import { build } from 'esbuild'

/** Where the script of the page of results begins. */
export const pageScriptFile = path.join(import.meta.dirname, '../../analysis/report/results/page/main.ts')

/**
 * The script of the page of results with all that it imports: the analysis' own code, so that the page compares as the
 * command does. What describes file formats is left out: the page reads none.
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
        name: 'no schemas',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^zod$/ }, () => ({ path: 'zod', namespace: 'no schemas' }))
          onLoad({ filter: /^/, namespace: 'no schemas' }, () => ({
            contents: 'export const z = new Proxy(() => {}, { get: () => z, apply: () => z })',
          }))
        },
      },
    ],
  })
  // A script ends where this is written, whatever it stands in.
  return (outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script')
}
