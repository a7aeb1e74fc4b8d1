import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { forgeOf } from '../results/forge.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, grouped, option, parseFlags, text, toggle } from '../shell/flags.ts'
import { type Shell, userPath } from '../shell/shell.ts'

function address(value: string): string {
  if (!/^https?:\/\/\S+$/.test(value)) throw new Error(`"${value}" is not an http or https address`)
  return value
}

function positive(value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new Error(`"${value}" is not the number of a pull or merge request`)
  return Number(value)
}

const flags = grouped('Comment', {
  link: option('LAS_LINK', 'url', 'where the whole page is', address),
  picture: option('LAS_PICTURE', 'url', 'where the folder of the report’s pictures is', address),
  name: option('LAS_COMMENT_NAME', 'name', 'tells several comments on one request apart (load)', text),
  number: option('LAS_REQUEST_NUMBER', 'n', 'of the pull or merge request (the job’s)', positive),
  dryRun: toggle('LAS_DRY_RUN', 'print the comment instead'),
}) satisfies Flags

const usage = {
  command: 'comment REPORT',
  purpose:
    'Writes a report as a comment on a pull request (GitHub) or merge request (GitLab), and keeps it up to date.',
  flags,
  arguments: [1, 1] as const,
  notes: `REPORT is a folder with comment.md: of a report, a run or a series. There is one comment a name: it is changed in place.
GitHub: GITHUB_TOKEN with the permission pull-requests: write. GitLab: GITLAB_TOKEN with the scope api.
${exitCodesHelp}

  npm run comment -- results/20261124T101500Z-ab-3fa94c01 --dry-run
  npm run comment -- results/*-ab-* --link "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"`,
}

/** `comment`: one comment on the request that a CI job runs for. */
export async function comment(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { name = 'load', link, picture, number, dryRun } = parsed.options
  const [named = ''] = parsed.positionals
  const at = userPath(shell, named)
  const file = [at, path.join(at, 'report')].map((each) => path.join(each, 'comment.md')).find(existsSync)
  if (!file)
    throw new Failure(
      'usage',
      `${named}: no comment.md there; name the folder of a report, or make one with "report"`,
    )
  const body = [
    withPictures(readFileSync(file, 'utf8').trimEnd(), picture),
    ...(link === undefined ? [] : [`[The whole report](${link})`]),
  ].join('\n\n')
  const marker = `<!-- load-and-stress: ${name.replaceAll(/[^\w .-]/g, '')} -->`
  if (dryRun) {
    shell.print(`${marker}\n${body}\n`)
    return exitCodes.pass
  }
  const forge = forgeOf(shell, number)
  const { url, updated } = await forge.comment(marker, fitting(body, link))
  shell.say(`${forge.name}: comment ${updated ? 'updated' : 'made'}: ${url}`)
  return exitCodes.pass
}

/** Pictures lie beside the report; without an address of that folder nobody could see them. */
const withPictures = (markdown: string, folder: string | undefined): string =>
  markdown.replaceAll(/^!\[(.*)\]\(([\w-]+\.svg)\)\n*/gm, (_, words: string, file: string) =>
    folder === undefined ? '' : `![${words}](${folder.replace(/\/$/, '')}/${file})\n\n`,
  )

// GitHub: 65,536 characters.
const mostCharacters = 60_000

const fitting = (body: string, link: string | undefined): string =>
  body.length <= mostCharacters
    ? body
    : `${body.slice(0, body.lastIndexOf('\n', mostCharacters))}\n\n… ${link === undefined ? 'cut here' : `[the rest](${link})`}`
