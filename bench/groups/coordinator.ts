/** Waits until the broker is the coordinator of a group: the offsets topic is made by the first question. */
import { setTimeout as delay } from 'node:timers/promises'
import { findCoordinator } from '../../src/protocol/index.ts'
import { onWire } from '../admin.ts'

const timeoutMs = 60_000

export function coordinates(port: number, groups: readonly string[]): Promise<void> {
  return onWire(port, async (wire) => {
    for (const endMs = Date.now() + timeoutMs; ; await delay(100)) {
      const { coordinators } = await wire.call(findCoordinator, { keyType: 0, coordinatorKeys: groups })
      const failed = coordinators.find(({ errorCode }) => errorCode !== 0)
      if (failed === undefined) return
      if (Date.now() > endMs) throw new Error(`no coordinator of ${failed.key}: error ${failed.errorCode}`)
    }
  })
}
