/** A node for the rows of bad input, and what they ask of it. */
import assert from 'node:assert/strict'
import type { Network } from '../../src/base/index.ts'
import { createEnv } from '../../src/env/index.ts'
import type { Node } from '../../src/node/index.ts'
import { apiVersions, createTopics, ErrorCode, produce } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { layered, startServer, testDefaults } from '../../src/stack/index.ts'
import { Wire } from '../wire.ts'

export const network: Network = createEnv().network

export class Faults {
  readonly node: Node
  readonly lines: string[]
  readonly port: number
  readonly controllerPort: number

  private constructor(node: Node, lines: string[]) {
    this.node = node
    this.lines = lines
    const portOf = (name: string): number => node.listeners.find(({ listener }) => listener === name)?.port ?? 0
    this.port = portOf('PLAINTEXT')
    this.controllerPort = portOf('CONTROLLER')
  }

  static async start(config: Readonly<Record<string, string>> = {}): Promise<Faults> {
    const lines: string[] = []
    const write = (line: string): void => void lines.push(line)
    const node = await startServer({ texts: layered(testDefaults, config), formatsEmpty: true, write, poison: true })
    return new Faults(node, lines)
  }

  connect(port: number = this.port): Promise<Wire> {
    return Wire.connect(network, '127.0.0.1', port)
  }

  async with<T>(work: (wire: Wire) => Promise<T>, port: number = this.port): Promise<T> {
    const wire = await this.connect(port)
    try {
      return await work(wire)
    } finally {
      wire.destroy()
    }
  }

  async createTopic(name: string, configs: Readonly<Record<string, string>> = {}, numPartitions = 1): Promise<void> {
    const given = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const topics = [{ name, numPartitions, replicationFactor: 1, configs: given }]
    const reply = await this.with((wire) => wire.call(createTopics, { topics, timeoutMs: 10_000 }))
    assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE, reply.topics[0]?.errorMessage ?? '')
  }

  /** What becomes of bytes: `closed` without a reply, or the reply. */
  async outcome(bytes: Uint8Array): Promise<'closed' | Buffer> {
    return this.with(async (wire) => {
      wire.raw(bytes)
      return wire.reply().catch(() => 'closed' as const)
    })
  }

  /** The node is as well as before: others are answered, and nothing of it was an error of ours. */
  async checkHealth(): Promise<void> {
    const { errorCode } = await this.with((wire) =>
      wire.call(apiVersions, { clientSoftwareName: 'a', clientSoftwareVersion: '1' }, 3),
    )
    assert.equal(errorCode, ErrorCode.NONE)
    assert.deepEqual(
      this.lines.filter((line) => /ERROR/.test(line)),
      [],
    )
  }

  stop(): Promise<void> {
    return this.node.stop()
  }
}

export const goodBatch = (values: readonly string[] = ['value']): Uint8Array =>
  buildBatch(values.map((value) => ({ timestampMs: Date.now(), key: null, value: Buffer.from(value) })))

export interface Produced {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly baseOffset: number
  readonly recordErrors: readonly unknown[]
}

/** One batch to one partition; the answer for it. */
export async function produceTo(
  wire: Wire,
  options: {
    readonly topic: string
    readonly records: Uint8Array | null
    readonly partition?: number
    readonly acks?: number
    readonly version?: number
    readonly transactionalId?: string | null
  },
): Promise<Produced> {
  const { topic, records, partition = 0, acks = -1, version = 12, transactionalId = null } = options
  const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
  const reply = await wire.call(produce, { transactionalId, acks, timeoutMs: 5000, topicData }, version)
  const answer = reply.responses[0]?.partitionResponses[0]
  assert.ok(answer)
  return answer
}
