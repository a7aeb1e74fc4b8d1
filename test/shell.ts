import { type Shell, shellOf } from '../runner/shell/shell.ts'

/** A shell for tests, with what it says collected; nobody interrupts it unless the test does. */
export function testShell(parts: Partial<Shell> = {}): Shell & { readonly sentences: string[] } {
  const sentences: string[] = []
  const { signal } = new AbortController()
  const silent = { write() {} }
  const shell = shellOf(
    { env: process.env, cwd: process.cwd(), signal, urgent: signal },
    { stdout: silent, stderr: silent },
  )
  return { ...shell, say: (sentence) => void sentences.push(sentence), ...parts, sentences }
}
