import exec from 'k6/execution'

/** A connection serves so many requests; or as many as it takes for no more than so many new connections a second. */
export type Renewal = { readonly after: number } | { readonly perSecond: number }

/** At most so many requests on one connection: a target whose answers become slow again soon gets new ones again. */
const most = 1000

/**
 * Whether a VU's next request is the last of its connection. Connections are counted in requests, not in time, so that a
 * slow replica is not sent fewer of them; how many follows from how long the VU's last connection lasted. A look at
 * the clock in every iteration would cost a percent of the rate: there is one for each connection.
 */
export function renewing(
  renewal: Renewal,
  now: () => number = Date.now,
  active: () => number = () => exec.instance.vusActive,
): () => boolean {
  let after = 'after' in renewal ? renewal.after : 1
  let left = after
  let since = Number.NEGATIVE_INFINITY
  return () => {
    if (--left > 0) return false
    if ('perSecond' in renewal) {
      const at = now()
      const gapMs = (1000 * Math.max(1, active())) / renewal.perSecond
      // What a connection should carry, approached in steps, because one stall says little.
      const wanted = (after * gapMs) / Math.max(1, at - since)
      after = Math.round(Math.max(1, after / 2, Math.min(most, 2 * after, wanted)))
      since = at
    }
    left = after
    return true
  }
}
