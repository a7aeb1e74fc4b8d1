// Math.max and Math.min take values as arguments, and some hundred thousand of those overflow the stack.

/** The greatest of any number of values; −Infinity of none. */
export function largest(values: Iterable<number>): number {
  let found = -Infinity
  for (const value of values) found = Math.max(found, value)
  return found
}

/** The least of any number of values; Infinity of none. */
export function smallest(values: Iterable<number>): number {
  let found = Infinity
  for (const value of values) found = Math.min(found, value)
  return found
}
