/**
 * What a node and the process that started it among others say to each other, by the channel between the two. Node says that it
 * serves clients. Then it may be told to leave: its broker hands leadership over and leaves the cluster, and its controller
 * stays, so that the brokers of all nodes can leave before the first controller stops. A signal stops it, as any node.
 */
import type { Node } from '../../node/index.ts'

export const readyMessage = 'ready'
export const leaveMessage = 'leave'
export const leftMessage = 'left'

/** Of the node's side. An older Node that stands in front of this one does not listen. Returns what puts an end to it. */
export function speakToParent(node: Node): () => void {
  // Whoever is gone is not told; that it is gone is `stopOnSignals`' affair.
  const tell = (message: string): void => void process.send?.(message, undefined, undefined, () => undefined)
  const hear = (message: unknown): void => {
    if (message === leaveMessage) void node.leave().finally(() => tell(leftMessage))
  }
  process.on('message', hear)
  tell(readyMessage)
  return () => process.off('message', hear)
}
