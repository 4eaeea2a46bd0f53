/** The quorum of this node, as the handlers of its messages ask it. */
import { assert } from '../base/index.ts'
import type { KnownLeader, QuorumAnswer, QuorumRequest, WireNames } from '../raft/index.ts'

export interface QuorumPort {
  readonly clusterId: string
  /** Of the metadata log. */
  readonly logStartOffset: () => number
  /** As far as this node knows. */
  readonly leader: () => KnownLeader
  /** `forget`: nobody waits for the answer any more. */
  readonly receive: (request: QuorumRequest) => { readonly answer: Promise<QuorumAnswer>; readonly forget: () => void }
}

export interface QuorumServices {
  readonly quorumPort: QuorumPort
}

export const wireNames = (
  { clusterId }: QuorumPort,
  { listenerName }: { readonly listenerName: string },
): WireNames => ({
  clusterId,
  listenerName,
})

/** The answer has the kind of the question. */
export function replyOf<Kind extends QuorumAnswer['reply']['kind']>(
  kind: Kind,
  { reply }: QuorumAnswer,
): Extract<QuorumAnswer['reply'], { readonly kind: Kind }> {
  assert(isOf(kind, reply), `${kind} is not answered with ${reply.kind}`)
  return reply
}

const isOf = <Kind extends QuorumAnswer['reply']['kind']>(
  kind: Kind,
  reply: QuorumAnswer['reply'],
): reply is Extract<QuorumAnswer['reply'], { readonly kind: Kind }> => reply.kind === kind
