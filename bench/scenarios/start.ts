/** Start: from the start of the process on a fresh, formatted directory to the first answer. Measured as it came up. */
import type { Scenario } from '../scenario.ts'

export const start: Scenario = {
  name: 'start',
  figures: [{ name: 'start', unit: 's', bar: { kind: 'absolute', bound: 'at-most', value: 0.6 } }],
  async measure(session) {
    return { start: session.broker.startMs / 1000 }
  },
}
