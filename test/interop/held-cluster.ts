/**
 * A controller and three brokers of one kind, whose replicas fetch from each other through gates that the suite can hold: what
 * moves then stays under way, for as long as it takes to look at it. Each broker has two log directories.
 */
import { freePort } from '../../bench/broker.ts'
import { ErrorCode, listPartitionReassignments, metadata, produce } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { Cluster, type ClusterNode, type Kind } from './cluster.ts'
import { Gate } from './gate.ts'
import { until } from './kit.ts'
import { asked } from './partitions-seen.ts'

const brokerIds = [11, 12, 13]
const timeoutMs = 60_000

/** Nobody falls out of the ISR for being held, and nothing happens by itself. */
const settings = {
  'replica.lag.time.max.ms': '600000',
  'replica.fetch.max.bytes': '65536',
  'replica.socket.timeout.ms': '300000',
  'auto.leader.rebalance.enable': 'false',
  'log.segment.delete.delay.ms': '1000',
  'broker.session.timeout.ms': '6000',
  'broker.heartbeat.interval.ms': '500',
}

interface Ways {
  readonly port: number
  readonly gate: Gate
}

const settingsOf = ({ directory, ports }: ClusterNode, { port, gate }: Ways): Readonly<Record<string, string>> => ({
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,REPLICATION:PLAINTEXT',
  'inter.broker.listener.name': 'REPLICATION',
  listeners: `PLAINTEXT://127.0.0.1:${ports.broker},REPLICATION://127.0.0.1:${port}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.broker},REPLICATION://127.0.0.1:${gate.port}`,
  'log.dirs': `${directory},${directory}-1`,
})

export class HeldCluster {
  readonly cluster: Cluster
  readonly #ways: ReadonlyMap<number, Ways>

  private constructor(cluster: Cluster, ways: ReadonlyMap<number, Ways>) {
    this.cluster = cluster
    this.#ways = ways
  }

  static async start(kind: Kind, name: string): Promise<HeldCluster> {
    const ways = new Map<number, Ways>()
    for (const id of brokerIds) {
      const port = await freePort()
      ways.set(id, { port, gate: await Gate.start(port) })
    }
    const cluster = await Cluster.make({
      name: `${name}-${kind}`,
      nodes: [
        { id: 1, kind, roles: ['controller'] },
        ...brokerIds.map((id) => ({ id, kind, roles: ['broker'] as const })),
      ],
      settings,
      settingsOf: (node) => {
        const its = ways.get(node.id)
        return its === undefined ? {} : settingsOf(node, its)
      },
    })
    const held = new HeldCluster(cluster, ways)
    await cluster.start()
    await cluster.serving()
    return held
  }

  hold(): void {
    for (const { gate } of this.#ways.values()) gate.hold()
  }

  release(): void {
    for (const { gate } of this.#ways.values()) gate.release()
  }

  /** What each connection of a replica brings; Infinity: as fast as it goes. */
  pace(bytesPerSecond: number): void {
    for (const { gate } of this.#ways.values()) gate.pace(bytesPerSecond)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]()
    for (const { gate } of this.#ways.values()) gate.stop()
  }

  /** So many records of a hundred bytes to each partition; acknowledged by its leader alone. */
  async fill(topic: string, count: number): Promise<void> {
    for (const { partitionIndex, leaderId } of await this.#partitions(topic)) {
      const startMs = Date.now()
      const values = Array.from({ length: count }, (_, i) => ({
        timestampMs: startMs + i,
        value: Buffer.alloc(100, `${i}`),
      }))
      const partitionData = [{ index: partitionIndex, records: buildBatch(values) }]
      const request = { acks: 1, timeoutMs, topicData: [{ name: topic, partitionData }] }
      const reply = await asked(this.cluster.node(leaderId), (wire) => wire.call(produce, request, 12))
      const code = reply.responses[0]?.partitionResponses[0]?.errorCode
      if (code !== ErrorCode.NONE) throw new Error(`${topic}-${partitionIndex} took no records: ${code}`)
    }
  }

  async #partitions(topic: string) {
    const [broker] = this.#running()
    if (broker === undefined) throw new Error('no broker runs')
    return asked(
      broker,
      async (wire) => (await wire.call(metadata, { topics: [{ name: topic }] })).topics[0]?.partitions ?? [],
    )
  }

  #running(): readonly ClusterNode[] {
    return this.cluster.brokers.filter(({ isRunning }) => isRunning)
  }

  /** Nothing moves any more, and all brokers that run tell the same, for a while. */
  async settled(): Promise<void> {
    let before = ''
    let since = 0
    await until({
      what: 'all brokers tell the same',
      timeoutMs,
      condition: async () => {
        const seen = await Promise.all(this.#running().map(told))
        const same = seen.every((it) => it === seen[0]) && seen[0] !== undefined
        const now = same ? (seen[0] ?? '') : ''
        if (now !== before || !same) since = Date.now()
        before = now
        return same && Date.now() - since >= settledMs
      },
      seen: () => before,
    })
  }

  /** All replicas of all partitions. */
  async inSync(): Promise<void> {
    const [broker] = this.#running()
    if (broker === undefined) throw new Error('no broker runs')
    const condition = async (): Promise<boolean> => {
      const { topics } = await asked(broker, (wire) => wire.call(metadata, { topics: null }))
      return topics.every(({ partitions }) => partitions.every((it) => it.isrNodes.length === it.replicaNodes.length))
    }
    await until({ what: 'all replicas are in sync', timeoutMs, condition })
  }

  /** No reassignment is under way. */
  async moved(): Promise<void> {
    const [broker] = this.#running()
    if (broker === undefined) throw new Error('no broker runs')
    const condition = async (): Promise<boolean> => {
      const { topics } = await asked(broker, (wire) =>
        wire.call(listPartitionReassignments, { topics: null, timeoutMs }),
      )
      return topics.length === 0
    }
    await until({ what: 'all reassignments are complete', timeoutMs, condition })
    await this.settled()
  }
}

const settledMs = 300

/** Brokers and partitions as this broker knows them; undefined: of what, that is not there yet. */
const told = (node: ClusterNode): Promise<string> =>
  asked(node, async (wire) => {
    const { brokers, topics } = await wire.call(metadata, { topics: null })
    const partitions = topics.map(({ name, partitions: all }) => ({
      name,
      all: all.toSorted((a, b) => a.partitionIndex - b.partitionIndex),
    }))
    const sorted = partitions.toSorted((a, b) => `${a.name}`.localeCompare(`${b.name}`))
    return JSON.stringify([brokers.map(({ nodeId }) => nodeId).sort(), sorted])
  })
