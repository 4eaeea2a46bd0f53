/** Makes topics and deletes them, again and again under few names; writes to some of them meanwhile. */
import assert from 'node:assert/strict'
import { createTopics, deleteTopics, ErrorCode, produce } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { isGone, type Line, type NodeWorld, Refused } from './node-world.ts'
import type { TaskOptions } from './producers.ts'

const names = ['temporary-0', 'temporary-1', 'temporary-2']

export async function topicMaker({ node, draw, see, isOver }: TaskOptions): Promise<void> {
  let line: Line | undefined
  while (!isOver()) {
    const name = names[draw.below(names.length)] ?? ''
    try {
      if (line === undefined || line.wire.isClosed) line = await node.connect()
      see({ kind: 'topic-asked', name })
      const exists = draw.below(2) === 0 ? await make(node, line, name) : await remove(node, line, name)
      see({ kind: 'topic', name, exists })
      if (exists) await write(line, name)
    } catch (error) {
      if (!isGone(error)) throw error
    }
    await node.sleep(draw.exponential(150))
  }
}

/** True: it is there, whoever made it. */
async function make(node: NodeWorld, { wire }: Line, name: string): Promise<true> {
  const topics = [{ name, numPartitions: 2, replicationFactor: 1 }]
  const reply = await wire.call(createTopics, { topics, timeoutMs: 30_000 })
  check(node, reply.topics[0]?.errorCode, ErrorCode.TOPIC_ALREADY_EXISTS)
  return true
}

async function remove(node: NodeWorld, { wire }: Line, name: string): Promise<false> {
  const reply = await wire.call(deleteTopics, { topics: [{ name }], timeoutMs: 30_000 })
  check(node, reply.responses[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  return false
}

function check(node: NodeWorld, errorCode: number | undefined, other: number): void {
  if (errorCode === ErrorCode.NONE || errorCode === other) return
  if (node.isStopping) throw new Refused()
  assert.fail(`a topic was answered ${errorCode}`)
}

async function write({ wire }: Line, name: string): Promise<void> {
  const records = buildBatch([{ key: null, value: Buffer.from(name), timestampMs: -1 }])
  const topicData = [{ name, partitionData: [{ index: 0, records }] }]
  await wire.call(produce, { acks: 1, timeoutMs: 5000, topicData }, 12)
}
