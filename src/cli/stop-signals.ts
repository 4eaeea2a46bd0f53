/**
 * What tells a running node to stop: the signals of the system, and the death of the process that started it, where that
 * one only stands in front of it: `bin/odradek.js` in an older Node, or the shell of an npm script, which dies of the
 * signal that npm sends it and passes nothing on. A signal to a whole group (Ctrl-C, `timeout`, systemd) comes once by
 * itself and once more from whoever passes it on, as npm and `bin/odradek.js` do: what comes in quick succession was said
 * once.
 */

export interface StopSignalsOptions {
  /** An older Node started this one; the channel between the two closes when it dies. */
  readonly hasParent: boolean
  /** npm started the command: this process gets another parent when the shell between them dies. */
  readonly isScript: boolean
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number
  /** The first time: stops under control. `reason` is for the log. */
  readonly stop: (reason: string) => void
  /** Once more: ends the process. */
  readonly end: (reason: string) => void
}

/** What this needs of `process`. */
export interface SignalSource {
  on(event: string, listener: () => void): unknown
  off(event: string, listener: () => void): unknown
  readonly ppid: number
  readonly connected?: boolean
  disconnect?(): void
}

/** Far more than passing on takes, and no more than a second Ctrl-C in earnest. */
const echoMsMax = 500

const parentLookMs = 200

/** Returns what puts an end to it. */
export function stopOnSignals(
  source: SignalSource,
  { hasParent, isScript, nowMs, stop, end }: StopSignalsOptions,
): () => void {
  let toldAtMs: number | undefined
  const told = (reason: string): void => {
    const before = toldAtMs
    if (before !== undefined && nowMs() - before < echoMsMax) return
    toldAtMs = nowMs()
    if (before === undefined) stop(reason)
    else end(reason)
  }
  const listeners = new Map([
    ['SIGTERM', () => told('SIGTERM')],
    ['SIGINT', () => told('SIGINT')],
  ])
  const orphaned = (): void => {
    if (toldAtMs === undefined) told('the command that started this process is gone')
  }
  if (hasParent) listeners.set('disconnect', orphaned)
  const { ppid } = source
  const looking = isScript ? setInterval(() => source.ppid !== ppid && orphaned(), parentLookMs).unref() : undefined
  for (const [event, listener] of listeners) source.on(event, listener)
  return () => {
    clearInterval(looking)
    for (const [event, listener] of listeners) source.off(event, listener)
    // An open channel would keep the process alive.
    if (hasParent && source.connected === true) source.disconnect?.()
  }
}
