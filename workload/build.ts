import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { build, type Plugin } from 'esbuild'

/** The program that every thread runs, as text. */
export const bundleThread = (): Promise<string> => bundle('thread.ts')

/**
 * The service, its threads and all its dependencies as one program: the image holds it, and a run starts it.
 */
export const bundleWorkload = (): Promise<string> => bundle('main.ts', [inlineThreadProgram])

const inlineThreadProgram: Plugin = {
  name: 'inline-thread-program',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[/\\]thread-program\.ts$/ }, async () => ({
      contents: await bundleThread(),
      loader: 'text',
    })),
}

async function bundle(entry: string, plugins: Plugin[] = []): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, entry)],
    bundle: true,
    write: false,
    minifySyntax: true,
    platform: 'node',
    target: 'node20',
    // Several dependencies are CommonJS, and a program given as text must be.
    format: 'cjs',
    logLevel: 'warning',
    plugins,
  })
  return outputFiles[0]?.text ?? ''
}

// As a command, writes main.js into the given folder.
if (process.argv[1] === import.meta.filename) {
  const [out] = process.argv.slice(2)
  if (!out) {
    console.error('usage: workload/build.ts FOLDER')
    process.exit(2)
  }
  await mkdir(out, { recursive: true })
  await writeFile(path.join(out, 'main.js'), await bundleWorkload())
}
