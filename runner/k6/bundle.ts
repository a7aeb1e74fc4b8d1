import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildFailure, type BuildOptions, build, type Plugin } from 'esbuild'
import type { ScenarioName } from '../../scenarios/catalogue.ts'
import { Failure } from '../shell/exit.ts'

const folder = path.join(import.meta.dirname, '../../scenarios')

const common = {
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  tsconfigRaw: {},
  logLevel: 'silent',
} satisfies BuildOptions

/** A built-in scenario with everything it imports as one ES module, which k6 reads from its standard input. */
export async function bundle(scenario: ScenarioName): Promise<string> {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [path.join(folder, `${scenario}.ts`)],
    external: ['k6', 'k6/*'],
  })
  return outputFiles[0]?.text ?? ''
}

/**
 * Somebody's own script likewise, with what a run adds to it (scenarios/lib/script.ts); and a hash of all that it is made
 * of, and its own code. What k6 itself loads (k6/…, https://…) is left to it. A Failure says where the script is wrong.
 */
export async function bundleFile(file: string): Promise<{ text: string; sha256: string; code: string }> {
  const script = JSON.stringify(file)
  const { outputFiles, metafile } = await build({
    ...common,
    absWorkingDir: path.dirname(file),
    stdin: {
      contents: `import * as script from ${script}
import { optionsOf, searching, summaryOf } from ${JSON.stringify(path.join(folder, 'lib/script.ts'))}
export * from ${script}
export default script.default
export const options = optionsOf(script)
export const handleSummary = summaryOf(script)
export const lasSearch = searching(script)
`,
      resolveDir: path.dirname(file),
      loader: 'js',
    },
    metafile: true,
    // Whether or not the script's project has installed us.
    alias: { 'load-and-stress/scenarios': path.join(folder, 'index.ts') },
    mainFields: ['module', 'main'],
    conditions: ['import', 'module', 'default'],
    external: ['k6', 'k6/*', 'https://*', 'http://*'],
    // Errors in the log then name the script's own lines.
    sourcemap: 'inline',
    sourcesContent: false,
    plugins: [ownPaths(path.dirname(file))],
  }).catch(({ errors = [], message }: Partial<BuildFailure>) => {
    const [{ text, location } = { text: message, location: null }] = errors
    const place = location && location.file !== '<stdin>' ? `${location.file}:${location.line}: ` : ''
    throw new Failure('usage', `${place || `${path.basename(file)}: `}${text}`)
  })
  const entry = Object.entries(metafile.inputs).find(
    ([name]) => path.resolve(path.dirname(file), name) === file,
  )
  if (entry?.[1].format === 'cjs')
    throw new Failure(
      'usage',
      `${path.basename(file)}: a CommonJS module (module.exports); write "export default function …" instead`,
    )
  const own = Object.keys(metafile.inputs)
    .filter((name) => name !== '<stdin>')
    .map((name) => path.resolve(path.dirname(file), name))
    .filter((name) => !name.startsWith(folder))
  const hash = createHash('sha256')
  const files = await Promise.all(own.sort().map((name) => readFile(name, 'utf8')))
  for (const each of files) hash.update(each)
  return { text: outputFiles[0]?.text ?? '', sha256: hash.digest('hex'), code: files.join('\n') }
}

/** k6 finds files from the folder of the module that asks; in one bundle all would be the script's. */
const ownPaths = (home: string): Plugin => ({
  name: 'own paths',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path: file }) => {
      if (file.startsWith(folder)) return null
      const text = await readFile(file, 'utf8')
      const from = path.relative(home, path.dirname(file))
      const own = /\b(const|let|var|function)\s+open\b|\bimport\s[^;'"]*\bopen\b/.test(text)
      const opens = from !== '' && !own && /\bopen\s*\(/.test(text)
      const resolves = text.includes('import.meta.resolve(')
      if (!opens && !resolves) return null
      const at = (prefix: string) =>
        `(name) => /^([a-z]+:)?\\//.test(name) ? name : ${JSON.stringify(prefix)} + name`
      const head = [
        ...(opens
          ? [
              `const __at = ${at(`./${from}/`)}`,
              'const open = (name, mode) => globalThis.open(__at(name), mode)',
            ]
          : []),
        // What k6 reads from its standard input has no place of its own.
        ...(resolves ? [`const __resolve = ${at(`${pathToFileURL(path.dirname(file)).href}/`)}`] : []),
      ].join(';')
      const body = text.replaceAll('import.meta.resolve(', '__resolve(')
      return { contents: `${head};${body}`, loader: /ts$/.test(file) ? 'ts' : 'js' }
    })
  },
})
