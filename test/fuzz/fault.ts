import type { Ended } from '../command.ts'

const documented = [0, 1, 2, 3, 4]

/** What no command may do, whatever it is given; null where nothing is wrong. */
export function faultIn({ code, stdout, stderr }: Ended): string | null {
  if (!documented.includes(code)) return `exit code ${code}`
  const said = `${stdout}\n${stderr}`
  const wrong =
    /unexpected:|a fault of load-and-stress|^\s+at .*:\d+|\[object \w+\]|\[native code\]|\b(undefined|NaN)\b/m.exec(
      said,
    )
  if (wrong) return `"${wrong[0].trim()}" is said`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(stderr)) return 'a control character is said'
  if (code !== 0 && stdout + stderr === '') return 'nothing is said'
  if (stderr.split('\n').length > 40) return 'too many lines are said'
  if (stderr.split('\n').some((line) => line.length > 4000)) return 'too long a line is said'
  return null
}
