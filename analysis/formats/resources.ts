const exponents: Readonly<Record<string, number>> = {
  k: 1,
  M: 2,
  G: 3,
  T: 4,
  P: 5,
  E: 6,
  m: -1,
  u: -2,
  n: -3,
}

/**
 * A quantity of CPU or memory in Kubernetes' notation as cores or bytes: `200m` is 0.2, `64Mi` 67,108,864. Null for
 * anything else.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseResources(text: string): number | null {
  const [, digits = '', suffix = ''] =
    /^\+?(\d+\.?\d*|\.\d+)(|[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)$/.exec(text) ?? []
  if (digits === '') return null
  if (/^[eE]./.test(suffix)) return Number(`${digits}${suffix}`)
  if (suffix.endsWith('i'))
    return Number(digits) * 1024 ** (suffix === 'Ki' ? 1 : (exponents[suffix.charAt(0)] ?? 0))
  // Dividing keeps 200m exactly 0.2.
  const power = exponents[suffix] ?? 0
  return power < 0 ? Number(digits) / 1000 ** -power : Number(digits) * 1000 ** power
}
