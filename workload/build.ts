import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'esbuild'

/** The service with its threads and all that it depends on as one program: what the image holds, and what a run starts. */
export async function bundleWorkload(): Promise<string> {
  const threads = await bundled('thread.js')
  return bundled('main.ts', { THREAD_PROGRAM: JSON.stringify(threads) })
}

async function bundled(entry: string, define: Record<string, string> = {}): Promise<string> {
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

// As a command: `main.js` in the folder that the command line names.
if (process.argv[1] === import.meta.filename) {
  const [out] = process.argv.slice(2)
  if (!out) {
    console.error('usage: workload/build.ts FOLDER')
    process.exit(2)
  }
  await mkdir(out, { recursive: true })
  await writeFile(path.join(out, 'main.js'), await bundleWorkload())
}
