import type { Report } from '../blocks.ts'

// GitHub shows ten of a kind per step.
const most = 10

/**
 * GitHub's annotations of a check: an error for each failed case, as a workflow command
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
 */
export const annotations = ({ cases }: Pick<Report, 'cases'>): string =>
  cases
    .flatMap(({ suite, name, failure }) =>
      failure === null ? [] : [`::error title=${property(`${suite}: ${name}`)}::${message(failure)}\n`],
    )
    .slice(0, most)
    .join('')

const message = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const property = (text: string): string => message(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
