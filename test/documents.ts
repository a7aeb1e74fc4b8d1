import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
import { root } from './command.ts'

/** A page of the documentation, by its path from the root. */
export const pages: ReadonlyMap<string, string> = new Map(
  [
    'README.md',
    ...readdirSync(path.join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? `docs/${name}` : [])),
  ].map((name) => [name, readFileSync(path.join(root, name), 'utf8')]),
)

export type Documented = {
  readonly page: string
  /** As it stands there, without its comment. */
  readonly line: string
  /** For `load-and-stress`; null for another program. */
  readonly args: readonly string[] | null
}

/** Lines that need a cluster: test/cluster runs them, test/docs the others. */
export const needsCluster =
  /--cluster|--deployment|image=|^npm run (-s )?(cluster:|sweep(?!.*--local))|^kubectl/

/** Every line of the pages that is to be typed into a shell. */
export const commands: readonly Documented[] = [...pages].flatMap(([page, text]) =>
  shellBlocks(text).flatMap((block) =>
    block
      .replaceAll(/\\\n\s*/g, '')
      .split(/\n| && /)
      .map((line) => line.replace(/\s+#.*$/, '').trim())
      .filter((line) => /^(npm|npx|load-and-stress|docker|kubectl) /.test(line))
      .map((line) => ({ page, line, args: argsOf(line) })),
  ),
)

/** Fenced blocks of sh, and indented ones that begin with a command. */
function shellBlocks(text: string): string[] {
  const fenced = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
  const rest = text.replaceAll(/^```.*?^```/gms, '')
  const indented = [...rest.matchAll(/(?<=\n\n)( {4}.*\n)+/g)].map(([block]) => block)
  return [...fenced, ...indented]
}

/** What reaches load-and-stress of a line: words, without their quotes. */
function argsOf(line: string): string[] | null {
  const words = [...line.matchAll(/(?:'[^']*'|"[^"]*"|\S)+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  )
  const [program, ...rest] = words
  if (program === 'load-and-stress' || (program === 'npx' && /load-and-stress/.test(rest[0] ?? '')))
    return program === 'npx' ? rest.slice(1) : rest
  if (program !== 'npm' || rest[0] !== 'run') return null
  const [, script = '', ...given] = rest.filter((word) => word !== '-s')
  const command: string | undefined = { ...packageJson.scripts }[script as 'ab']
  const ours = /^node runner\/bin\.js (.*)$/.exec(command ?? '')
  if (!ours?.[1]) return null
  return [...ours[1].split(' '), ...given.filter((word) => word !== '--')]
}
