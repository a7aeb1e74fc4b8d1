/** What the exit code of every command says; documented in the README. */
export const exitCodes = { pass: 0, fail: 1, usage: 2, invalid: 3, environment: 4, interrupted: 130 } as const

/** Something that ends a command with one sentence – what happened, to what, what to do – and an exit code. */
export class Failure extends Error {
  readonly exitCode: number
  constructor(kind: keyof typeof exitCodes, sentence: string) {
    super(sentence)
    this.exitCode = exitCodes[kind]
  }
}
