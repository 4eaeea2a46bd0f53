/** A broker inside a test: Kafka has none, so that there is nothing to compare with. */
import { join } from 'node:path'
import { runOrThrow } from '../child.ts'
import { root } from '../paths.ts'
import type { Scenario } from '../scenario.ts'

export const startBroker: Scenario = {
  name: 'start-broker',
  figures: [
    { name: 'startBroker, first', unit: 'ms', bar: { kind: 'absolute', bound: 'at-most', value: 250 } },
    { name: 'startBroker, next', unit: 'ms', bar: { kind: 'absolute', bound: 'at-most', value: 30 } },
  ],
  async measure(session) {
    if (session.broker.name !== 'odradek') return {}
    const args = [join(root, 'bench', 'start-broker.ts')]
    const printed: unknown = JSON.parse(await runOrThrow({ command: process.execPath, args, timeoutMs: 30_000 }))
    if (typeof printed !== 'object' || printed === null || !('first' in printed) || !('next' in printed)) {
      throw new Error(`not what was asked for: ${JSON.stringify(printed)}`)
    }
    return { 'startBroker, first': Number(printed.first), 'startBroker, next': Number(printed.next) }
  },
}
