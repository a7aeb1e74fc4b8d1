/** What each exit code means, for every command; the table in docs/running.md is tested against it. */
const meanings = {
  pass: [0, 'pass; or a k6 summary without thresholds, which nothing judges'],
  fail: [1, 'an SLO was missed; of a comparison: worse'],
  usage: [2, 'usage: one sentence says what is wrong'],
  invalid: [3, 'invalid: the run measured nothing, or not what was asked'],
  environment: [4, 'the target or the environment: no answer, no k6, folder not writable'],
  interrupted: [130, 'interrupted; what was measured is kept and marked'],
} as const

type Ending = keyof typeof meanings

export const exitCodes = Object.fromEntries(
  Object.entries(meanings).map(([ending, [code]]) => [ending, code]),
) as { readonly [Name in Ending]: (typeof meanings)[Name][0] }

/** For help texts. */
export const exitCodesHelp = `Exit codes: ${Object.values(meanings)
  .map(([code, meaning]) => `${code} ${meaning}`)
  .join('\n            ')}`

/** Something that ends a command with one sentence – what happened, to what, what to do – and an exit code. */
export class Failure extends Error {
  readonly exitCode: number
  constructor(ending: Ending, sentence: string) {
    super(sentence)
    this.exitCode = exitCodes[ending]
  }
}
