import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import { Failure } from '../shell/exit.ts'
import { type Shell, userPath } from '../shell/shell.ts'

/** Which certificates are trusted, the same by our own requests and by k6. */
export type Trust = {
  /** What makes k6 trust the same. */
  readonly variables: Readonly<Record<string, string>>
  readonly insecure: boolean
  /** The authorities; undefined: those that Node brings along. */
  authorities(): SecureContext | undefined
}

// Where Go looks for authorities on Linux (crypto/x509, root_linux.go): the first of the files, and all of the folders.
const files = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]
const folders = '/etc/ssl/certs:/etc/pki/tls/certs'

/** What the options and the environment trust; a Failure for a file without a certificate. */
export function trustOf(
  shell: Pick<Shell, 'env' | 'cwd'>,
  { insecure: any, ca }: { readonly insecure?: boolean | undefined; readonly ca?: string | undefined },
): Trust {
  const { env } = shell
  const file = ca === undefined ? undefined : userPath(shell, ca)
  if (file !== undefined) checkAuthority(file)
  const insecure = any === true || env.K6_INSECURE_SKIP_TLS_VERIFY === 'true'
  let authorities: SecureContext | undefined
  return {
    variables: {
      ...(insecure && { K6_INSECURE_SKIP_TLS_VERIFY: 'true' }),
      ...(file !== undefined && { SSL_CERT_FILE: file }),
    },
    insecure,
    authorities() {
      if (process.platform !== 'linux') return undefined
      authorities ??= createSecureContext({ ca: asGoReads(file ?? env.SSL_CERT_FILE, env.SSL_CERT_DIR) })
      return authorities
    },
  }
}

function checkAuthority(file: string): void {
  if (process.platform !== 'linux')
    throw new Failure(
      'usage',
      '--ca: k6 takes authorities from the system here; add the certificate to its store',
    )
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Failure('usage', `--ca: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  if (certificatesIn(text).length === 0)
    throw new Failure('usage', `--ca: ${file} has no certificate; it must be PEM, with BEGIN CERTIFICATE`)
}

function asGoReads(file: string | undefined, folder: string | undefined): string[] {
  const bundles = (file ? [file] : files).flatMap((each) => textOf(each) ?? []).slice(0, 1)
  const single = (folder || folders).split(':').flatMap((each) => {
    const names = namesIn(each)
    return names.flatMap((name) => textOf(path.join(each, name)) ?? [])
  })
  return certificatesIn(...bundles, ...single)
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The certificates of PEM files, each once; what is damaged is left out, as Go leaves it out. */
const certificatesIn = (...texts: string[]): string[] => {
  const blocks = texts.flatMap(
    (text) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [],
  )
  return [...new Set(blocks)].filter((each) => {
    try {
      return new X509Certificate(each)
    } catch {
      return false
    }
  })
}
