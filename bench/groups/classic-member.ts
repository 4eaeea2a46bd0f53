/** The only member of a classic group, from its join to its assignment. It lives on without a connection. */
import { setTimeout as delay } from 'node:timers/promises'
import { joinGroup, syncGroup } from '../../src/protocol/index.ts'
import type { Wire } from '../../test/wire.ts'
import { onWire } from '../admin.ts'

export interface ClassicMember {
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
}

/** The longest that Kafka's defaults allow: nobody expires while others are measured. */
const sessionTimeoutMs = 1_800_000
const timeoutMs = 60_000
const memberIdRequired = 79
/** The coordinator is loading, or not here yet. */
const notYet = new Set([14, 15, 16])
const protocolType = 'consumer'
const protocolName = 'range'

async function join(wire: Wire, groupId: string): Promise<ClassicMember> {
  const metadata = Buffer.from([0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
  const request = { groupId, sessionTimeoutMs, rebalanceTimeoutMs: sessionTimeoutMs, protocolType }
  const protocols = [{ name: protocolName, metadata }]
  let memberId = ''
  for (const endMs = Date.now() + timeoutMs; ; ) {
    const reply = await wire.call(joinGroup, { ...request, protocols, memberId })
    if (reply.errorCode === 0) return { groupId, memberId: reply.memberId, generationId: reply.generationId }
    if (reply.errorCode === memberIdRequired) memberId = reply.memberId
    else if (notYet.has(reply.errorCode) && Date.now() < endMs) await delay(100)
    else throw new Error(`JoinGroup was answered with error ${reply.errorCode}`)
  }
}

export function joinClassicGroup(port: number, groupId: string): Promise<ClassicMember> {
  return onWire(port, async (wire) => {
    const member = await join(wire, groupId)
    const assignments = [{ memberId: member.memberId, assignment: Buffer.from([0, 0, 0, 0, 0, 0]) }]
    const reply = await wire.call(syncGroup, { ...member, protocolType, protocolName, assignments })
    if (reply.errorCode !== 0) throw new Error(`SyncGroup was answered with error ${reply.errorCode}`)
    return member
  })
}
