import { openFiles } from './host.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than the system allows',
  ENOENT: 'its folder does not exist',
  EROFS: 'it is on a read-only file system',
  EACCES: 'no permission',
}

/** Why the system refused to write, in words. */
export const refusal = ({ code = '', message }: NodeJS.ErrnoException): string => reasons[code] ?? message

/**
 * What a whole command failed for, and what to do: a shortage of this machine, whatever met it first. Null for any other
 * error.
 */
export function shortageWords(
  { code, message, stack = '' }: NodeJS.ErrnoException,
  env: NodeJS.ProcessEnv,
): string | null {
  // Where no more files can be opened, Node's loader says that a package is not there, and esbuild uses pipes that it did
  // not get.
  const misled = code === 'ERR_MODULE_NOT_FOUND' || /^TypeError: .*\n.*\besbuild\b/.test(stack)
  const unopened = misled && (openFiles() ?? Infinity) <= 256
  switch (unopened ? 'EMFILE' : code) {
    case 'EMFILE':
      return `too many open files: a process here may open ${openFiles() ?? 'too few'}; raise the limit (ulimit -n 1024)`
    case 'ENFILE':
      return 'too many open files on the whole machine; close some programs'
    case 'EAGAIN':
      return `no more processes may be started here (${message}); raise the limit (ulimit -u), or end some`
    case 'ENOMEM':
      return `this machine has no memory left (${message})`
    case 'E2BIG': {
      const size = (name: string) => Buffer.byteLength(env[name] ?? '')
      const [largest = ''] = Object.keys(env).sort((a, b) => size(b) - size(a))
      return `the environment is too large to start a program with; unset ${largest} (${Math.ceil(size(largest) / 1024)} KiB), or make it shorter`
    }
  }
  return null
}
