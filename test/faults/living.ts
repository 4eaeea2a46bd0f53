/** What exists on a node for requests to be about. */
import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { ErrorCode, findCoordinator, joinGroup, metadata, syncGroup } from '../../src/protocol/index.ts'
import type { Faults } from './kit.ts'
import type { Living } from './live-requests.ts'

/** The topic `t`, and a new group with one member. */
export function livingIn(faults: Faults, groupId: string): Promise<Living> {
  return faults.with(async (wire) => {
    const { topics } = await wire.call(metadata, { topics: [{ name: 't' }] })
    while ((await wire.call(findCoordinator, { key: groupId }, 3)).errorCode !== ErrorCode.NONE) await setImmediate()
    const protocols = [{ name: 'range', metadata: Buffer.alloc(4) }]
    const times = { sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 1000 }
    const joining = { groupId, ...times, protocolType: 'consumer', protocols }
    const { memberId, generationId } = await wire.call(joinGroup, joining, 3)
    const assignments = [{ memberId, assignment: Buffer.alloc(4) }]
    const { errorCode } = await wire.call(syncGroup, { groupId, memberId, generationId, assignments }, 3)
    assert.equal(errorCode, ErrorCode.NONE)
    const topicId = topics[0]?.topicId
    assert.ok(topicId)
    return { topicId, groupId, memberId, generationId }
  })
}
