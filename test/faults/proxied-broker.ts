/** A broker that clients know by its proxy alone, and what stands in it, read past the proxy. */
import assert from 'node:assert/strict'
import { createTopics, ErrorCode, fetch, offsetFetch } from '../../src/protocol/index.ts'
import { type RunningBroker, startBroker } from '../../src/stack/index.ts'
import { batchesOf, type StoredRecord } from '../sim/sweep/stored.ts'
import { Wire } from '../wire.ts'
import { FaultyProxy } from './faulty-proxy.ts'
import { network } from './kit.ts'

/** By names, not by ids of topics. */
const fetchVersion = 12
const offsetFetchVersion = 7
const readBytes = 1_000_000

export class ProxiedBroker implements AsyncDisposable {
  readonly proxy: FaultyProxy
  readonly #broker: RunningBroker
  readonly #wire: Wire

  private constructor(proxy: FaultyProxy, broker: RunningBroker, wire: Wire) {
    this.proxy = proxy
    this.#broker = broker
    this.#wire = wire
  }

  static async start(seed: number): Promise<ProxiedBroker> {
    const proxy = await FaultyProxy.start(seed)
    const broker = await startBroker({
      config: {
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}`,
        'group.min.session.timeout.ms': 100,
      },
    })
    proxy.leadTo(broker.port)
    return new ProxiedBroker(proxy, broker, await Wire.connect(network, '127.0.0.1', broker.port))
  }

  /** The proxy. */
  get bootstrap(): string {
    return `127.0.0.1:${this.proxy.port}`
  }

  async createTopic(name: string, numPartitions: number): Promise<void> {
    const topics = [{ name, numPartitions, replicationFactor: 1 }]
    const reply = await this.#wire.call(createTopics, { topics, timeoutMs: 10_000 })
    assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE, `${reply.topics[0]?.errorMessage}`)
  }

  /** In order; offsets have no gap. */
  async read(topic: string, partition: number): Promise<readonly StoredRecord[]> {
    const all: StoredRecord[] = []
    for (;;) {
      const partitions = [{ partition, fetchOffset: all.length, partitionMaxBytes: readBytes }]
      const asked = { maxWaitMs: 0, minBytes: 0, maxBytes: readBytes, topics: [{ topic, partitions }] }
      const answer = (await this.#wire.call(fetch, asked, fetchVersion)).responses[0]?.partitions[0]
      assert.equal(answer?.errorCode, ErrorCode.NONE, `${topic}-${partition} at ${all.length}`)
      const bytes = answer.records instanceof Uint8Array ? answer.records : new Uint8Array(0)
      const records = batchesOf(bytes, 'cut').flatMap((batch) => batch.records)
      if (records.length === 0) return all
      for (const record of records) {
        assert.equal(record.offset, all.length, `offsets of ${topic}-${partition}`)
        all.push(record)
      }
    }
  }

  /** By partition; 0 where nothing was. */
  async committed(groupId: string, topic: string, partitionCount: number): Promise<readonly number[]> {
    const partitionIndexes = Array.from({ length: partitionCount }, (_, i) => i)
    const request = { groupId, topics: [{ name: topic, partitionIndexes }] }
    const reply = await this.#wire.call(offsetFetch, request, offsetFetchVersion)
    assert.equal(reply.errorCode, ErrorCode.NONE)
    const found = reply.topics[0]?.partitions ?? []
    return partitionIndexes.map((partition) => {
      const offset = found.find(({ partitionIndex }) => partitionIndex === partition)?.committedOffset ?? -1n
      return Math.max(0, Number(offset))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wire.destroy()
    this.proxy.stop()
    await this.#broker.stop()
  }
}
