import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'esbuild'

/**
 * Bundles the service with its threads and all that it depends on into one file, `main.js` in the folder that the
 * command line names: what the image holds, and nothing else.
 */
const [out] = process.argv.slice(2)
if (!out) {
  console.error('usage: workload/build.ts FOLDER')
  process.exit(2)
}

const bundled = async (entry: string, define: Record<string, string> = {}) => {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, entry)],
    bundle: true,
    write: false,
    minifySyntax: true,
    platform: 'node',
    target: 'node20',
    // What several libraries inside are written in, and what a thread's program must be.
    format: 'cjs',
    define: { 'import.meta.url': '""', ...define },
    logLevel: 'warning',
  })
  return outputFiles[0]?.text ?? ''
}

const threads = await bundled('thread.js')
const service = await bundled('main.ts', { THREAD_PROGRAM: JSON.stringify(threads) })
await mkdir(out, { recursive: true })
await writeFile(path.join(out, 'main.js'), service)
