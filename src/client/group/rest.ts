/** Waiting that may end sooner. */
import type { Clock } from '../../base/index.ts'

/** `begun` gets, at once, what ends it. */
export const rest = (clock: Clock, ms: number, begun: (wake: () => void) => void): Promise<void> =>
  new Promise((resolve) => {
    const timer = clock.after(ms, resolve)
    begun(() => {
      timer.cancel()
      resolve()
    })
  })
