/** Our own connections to other nodes, against Apache Kafka: the listener of its broker, and that of its controller. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startKafka } from '../../bench/kafka.ts'
import { type Peer, UnsupportedVersionError } from '../../src/peer/index.ts'
import { apiVersions, describeQuorum, ErrorCode, metadata, vote } from '../../src/protocol/index.ts'
import { against, runFolder } from './kit.ts'
import { makePeers } from './peers.ts'
import { ping } from './ping.ts'

const options = { timeoutMs: 20_000 }

async function leaderOf(peer: Peer): Promise<{ leaderId: number | undefined; highWatermark: number }> {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const reply = await peer.send(describeQuorum, describeQuorum.request.create({ topics }), options)
  assert.equal(reply.errorCode, ErrorCode.NONE)
  const partition = reply.topics[0]?.partitions[0]
  return { leaderId: partition?.leaderId, highWatermark: Number(partition?.highWatermark ?? -1) }
}

describe('peers', () => {
  test('ask both listeners of a Kafka, each in what it serves, again after it was started anew', async () => {
    const kafka = await startKafka({ folder: join(runFolder(against), 'peers'), ping })
    const properties = readFileSync(kafka.place.file, 'utf8')
    const controllerPort = Number(/CONTROLLER:\/\/127\.0\.0\.1:(\d+)/.exec(properties)?.[1])
    const peers = makePeers()
    const broker = peers.to({ host: '127.0.0.1', port: kafka.port })
    const controller = peers.to({ host: 'localhost', port: controllerPort })
    const ask = async (): Promise<void> => {
      const [seen, ofBroker, ofController, versions] = await Promise.all([
        broker.send(metadata, metadata.request.create({ topics: [] }), options),
        leaderOf(broker),
        leaderOf(controller),
        controller.send(
          apiVersions,
          apiVersions.request.create({ clientSoftwareName: 'a', clientSoftwareVersion: '1' }),
          options,
        ),
      ])
      assert.deepEqual(
        seen.brokers.map(({ nodeId, port }) => [nodeId, port]),
        [[1, kafka.port]],
      )
      for (const { leaderId, highWatermark } of [ofBroker, ofController]) {
        assert.equal(leaderId, 1)
        assert.ok(highWatermark > 0)
      }
      assert.ok(versions.apiKeys.some(({ apiKey }) => apiKey === vote.key))
    }
    try {
      await ask()
      // A controller has no metadata for clients, and a broker no votes.
      await assert.rejects(controller.send(metadata, metadata.request.create(), options), UnsupportedVersionError)
      await assert.rejects(broker.send(vote, vote.request.create(), options), UnsupportedVersionError)
    } finally {
      await kafka.stop()
    }
    const again = await kafka.again()
    try {
      await ask()
    } finally {
      broker.close()
      controller.close()
      await again.stop()
    }
  })
})
