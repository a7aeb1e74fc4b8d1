/** A check of a script: how often it succeeded and how often not. */
export type Check = {
  readonly name: string
  /** The group that it is in, from the outermost, as k6 writes it: `::shop::pay`; empty outside of all. */
  readonly group: string
  readonly passes: number
  readonly fails: number
}

type Node = { readonly groups?: unknown; readonly checks?: unknown }

/** A list, or the values by name: `handleSummary` and `--summary-export` differ. */
const entries = (value: unknown): Record<string, unknown>[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.values(value).filter((each) => typeof each === 'object' && each !== null)

/** The checks in a list or record of them, without what has no counts. */
const checksIn = (value: unknown, group = ''): Check[] =>
  entries(value).flatMap(({ name, passes, fails }) =>
    typeof name === 'string' && isCount(passes) && isCount(fails) ? [{ name, group, passes, fails }] : [],
  )

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0

/** Every group and check below a summary's `root_group`, in the order of the script where k6 kept it. */
export function groupsAndChecks(root: unknown): { groups: string[]; checks: Check[] } {
  const found: { groups: string[]; checks: Check[] } = { groups: [], checks: [] }
  const [first] = entries([root])
  // Not recursive: a damaged file may be nested deeper than the stack.
  const rest: { node: Node; group: string }[] = first ? [{ node: first, group: '' }] : []
  for (let next = rest.pop(); next; next = rest.pop()) {
    const { node, group } = next
    if (group !== '') found.groups.push(group)
    for (const check of checksIn(node.checks, group)) found.checks.push(check)
    const inner = entries(node.groups).flatMap(({ name, ...node }) =>
      typeof name === 'string' ? [{ node, group: `${group}::${name}` }] : [],
    )
    for (const each of inner.reverse()) rest.push(each)
  }
  return found
}
