import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { number } from '../../analysis/formats/words.ts'
import { largest } from '../../analysis/numbers/extremes.ts'
import type { Stage } from '../k6/inspect.ts'
import { localPorts } from '../shell/host.ts'
import type { Shell } from '../shell/shell.ts'

/** How long Linux keeps the port of a connection that this side closed (TCP_TIMEWAIT_LEN in its tcp.h). */
const timeWaitSeconds = 60

/** Whether it is this machine itself, where Linux uses such ports again at once (net.ipv4.tcp_tw_reuse = 2). */
const isLoopback = ({ hostname }: URL): boolean => /^(127\.|localhost$|\[::1\]$)/.test(hostname)

/**
 * A sentence where an open load makes more connections within a minute than this machine has ports for; null where it
 * does not, or where that is unknown. Every connection away from loopback uses a port until a minute after it closed.
 */
export function portWords(
  stages: readonly Stage[],
  urls: readonly URL[],
  ports: number | null = localPorts(),
): string | null {
  if (ports === null || urls.every(isLoopback) || reusesPorts()) return null
  const rate = Math.max(0, largest(stages.map(({ offered }) => offered ?? 0)))
  const seconds = stages.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000
  const needed = rate * Math.min(timeWaitSeconds, seconds)
  return needed <= ports
    ? null
    : `${number(rate)} new connections a second use ${number(needed)} ports within a minute, and this machine has ${number(ports)} (enough for ${number(Math.floor(ports / timeWaitSeconds))} a second): expect connections to fail; --renew-connections auto uses half of them, --keep-connections few`
}

/**
 * How many new connections a second leave half of the ports of this machine to others, also where each waits for a
 * minute after it closed; for a range of Linux's own size where it is unknown.
 */
export const newConnections = (ports = localPorts() ?? 28_232): number =>
  Math.max(1, Math.floor(ports / 2 / timeWaitSeconds))

/** Waits until most ports are free of what earlier loads left in TIME-WAIT, so that a run does not begin with failures. */
export async function freePorts(shell: Shell, urls: readonly URL[]): Promise<void> {
  const ports = localPorts()
  if (ports === null || urls.every(isLoopback) || reusesPorts()) return
  for (let waitedSeconds = 0; waitedSeconds < timeWaitSeconds && !shell.signal.aborted; waitedSeconds++) {
    const waiting = inTimeWait()
    if (waiting < ports / 2) return
    if (waitedSeconds === 0)
      shell.say(
        `${number(waiting)} of ${number(ports)} ports wait for a minute after their connections closed: waiting …`,
      )
    await sleep(1000, undefined, { signal: shell.signal }).catch(() => {})
  }
}

/** Whether Linux is set to use such ports again after a second, anywhere. */
const reusesPorts = (): boolean => textOf('/proc/sys/net/ipv4/tcp_tw_reuse').trim() === '1'

// Columns: https://docs.kernel.org/networking/proc_net_tcp.html; 06 is TIME-WAIT.
const timeWaitElsewhere = /^ *\d+: \S+ (?!0100007F:|0{24}01000000:)\S+ 06 /gm

/** How many connections to other machines are in TIME-WAIT. */
const inTimeWait = (): number =>
  ['/proc/net/tcp', '/proc/net/tcp6'].reduce(
    (sum, file) => sum + (textOf(file).match(timeWaitElsewhere)?.length ?? 0),
    0,
  )

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
