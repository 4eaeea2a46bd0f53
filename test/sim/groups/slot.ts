/** A place for one client of a group at a time: it runs for a while, leaves or crashes, and another takes its place. */
import { ClassicClient } from './classic-client.ts'
import { ConsumerClient } from './consumer-client.ts'
import type { ClientOptions } from './group-client.ts'

export type Protocol = 'classic' | 'consumer'

export interface SlotOptions extends ClientOptions {
  /** What it should speak now: the group is moved from one protocol to the other client by client. */
  readonly protocol: () => Protocol
}

const lifeMs = 12_000

export async function runSlot(options: SlotOptions): Promise<void> {
  const { task, protocol, isHealing } = options
  const { node, draw, name, isOver } = task
  for (let count = 0; !isOver(); count++) {
    const speaks = protocol()
    const own = { ...options, task: { ...task, name: `${name}.${count}` } }
    const client = speaks === 'consumer' ? new ConsumerClient(own) : new ClassicClient(own)
    const running = client.run()
    let untilMs = node.clientEnv.clock.monotonic() + draw.exponential(lifeMs)
    while (!isOver()) {
      await node.sleep(100)
      const nowMs = node.clientEnv.clock.monotonic()
      if (isHealing()) untilMs = Math.max(untilMs, nowMs + 1)
      if (speaks !== protocol()) untilMs = Math.min(untilMs, nowMs + draw.below(2000))
      if (nowMs >= untilMs) break
    }
    client.end(isOver() || draw.below(3) > 0 ? 'leaves' : 'crashes')
    await running
    if (!isOver() && !isHealing()) await node.sleep(draw.exponential(500))
  }
}
