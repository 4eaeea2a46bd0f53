/** With acks=0 nobody says that a record has come: when it counts as sent, before a broker that does not read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import type { Connection } from '../../base/index.ts'
import { produce } from '../../protocol/index.ts'
import { KafkaError, type Producer } from '../index.ts'

/** Reads the first batch, and then nothing until it is resumed. */
function slowCluster(): { readonly cluster: ScriptedCluster; readonly resume: () => void } {
  const cluster = new ScriptedCluster()
  cluster.onOffer = () => undefined
  const sockets = new Set<Connection>()
  cluster.before = (_, { key }, socket) => {
    if (key !== produce.key || sockets.size > 0) return false
    sockets.add(socket)
    socket.pause()
    return false
  }
  const resume = (): void => {
    for (const socket of sockets) socket.resume()
  }
  return { cluster, resume }
}

const unacknowledged = { acks: 0, batchSize: 1 } as const

/** More than the network between them holds. */
async function sendMany(cluster: ScriptedCluster, producer: Producer) {
  await producer.send('t', { value: 'first' })
  await cluster.sleep(100)
  const outcomes: unknown[] = []
  const all = Array.from({ length: 12 }, async (_, i) => {
    const outcome = producer.send('t', { value: `${i} ${'x'.repeat(100_000)}` })
    outcomes.push(
      await outcome.then(
        () => 'sent',
        (error: unknown) => (error instanceof KafkaError ? error.code : error),
      ),
    )
  })
  await cluster.sleep(100)
  return { outcomes, all: Promise.all(all) }
}

test('a record without acks is sent when its bytes have left, and closing waits for it', async () => {
  const { cluster, resume } = slowCluster()
  await cluster.run(async () => {
    const producer = cluster.producer(unacknowledged)
    const { outcomes, all } = await sendMany(cluster, producer)
    assert.ok(outcomes.length > 0 && outcomes.length < 8, `${outcomes.length}`)
    let isClosed = false
    const closing = producer.close().then(() => {
      isClosed = true
    })
    await cluster.sleep(1000)
    assert.equal(isClosed, false)
    resume()
    await Promise.all([closing, all])
    assert.deepEqual(new Set(outcomes), new Set(['sent']))
    await cluster.sleep(100)
    assert.deepEqual(
      cluster.offered.map(({ values: [value = ''] }) => value.split(' ')[0]),
      ['first', ...Array.from({ length: 12 }, (_, i) => `${i}`)],
    )
  })
})

test('closing does not wait for longer than it is told; what had not left is rejected, what had left comes', async () => {
  const { cluster, resume } = slowCluster()
  await cluster.run(async () => {
    const producer = cluster.producer(unacknowledged)
    const { outcomes, all } = await sendMany(cluster, producer)
    await producer.close({ timeoutMs: 500 })
    await all
    const sent = outcomes.filter((it) => it === 'sent').length
    assert.deepEqual(new Set(outcomes), new Set(['sent', 'CLOSED']))
    resume()
    await cluster.sleep(1000)
    assert.equal(cluster.offered.length, 1 + sent)
  })
})

test('a broker that reads nothing for too long is asked anew', async () => {
  const { cluster } = slowCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer(unacknowledged, { requestTimeoutMs: 2000 })
    const { outcomes, all } = await sendMany(cluster, producer)
    const left = outcomes.length
    assert.ok(left < 8)
    await all
    assert.deepEqual(new Set(outcomes), new Set(['sent']))
    await cluster.sleep(100)
    // Those that had left for the first connection are not asked after: nobody has promised that they come.
    assert.equal(cluster.offered.length, 1 + 12 - left)
  })
})
