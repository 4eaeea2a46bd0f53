/** The producer before brokers that answer as a test says. What becomes of it in a cluster under faults: `test/sim/cluster`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Offered, ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { apiVersions, ErrorCode, initProducerId, metadata, produce } from '../../protocol/index.ts'
import { KafkaError, type KafkaErrorCode, type ProducerOptions, type RecordMetadata } from '../index.ts'

const oneByOne: ProducerOptions = { batchSize: 1, lingerMs: 0 }

const offsets = (told: readonly RecordMetadata[]): number[] => told.map(({ offset }) => offset)
const isCode = (code: KafkaErrorCode) => (error: unknown) => {
  assert.ok(error instanceof KafkaError, String(error))
  assert.equal(error.code, code, error.message)
  return true
}

/** The n-th batch that comes is answered by the n-th of `answers`; those behind are stored. */
function script(cluster: ScriptedCluster, answers: readonly ((offered: Offered) => void)[]): void {
  let count = 0
  cluster.onOffer = (offered) => {
    const answer = answers[count++]
    if (answer === undefined) cluster.store(offered)
    else answer(offered)
  }
}

const withError =
  (errorCode: number) =>
  ({ answer }: Offered): void =>
    answer({ errorCode, baseOffset: -1 })

test('what one turn sends goes in one batch, and each record is told where it is', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ lingerMs: 0 })
    const sent = [1, 2, 3].map((i) => producer.send('t', { value: `v${i}`, key: null, headers: { h: 'x' } }))
    assert.deepEqual(offsets(await Promise.all(sent)), [0, 1, 2])
    assert.deepEqual(
      cluster.offered.map(({ values, baseSequence, producerEpoch }) => [values, baseSequence, producerEpoch]),
      [[['v1', 'v2', 'v3'], 0, 0]],
    )
    assert.deepEqual(offsets(await producer.sendAll('t', [{ value: 'v4' }, { value: null }])), [3, 4])
    assert.deepEqual(await producer.sendAll('t', []), [])
  })
})

test('a batch waits for more as long as it may linger, unless it is full', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ lingerMs: 1000, batchSize: 500 })
    await producer.send('t', { value: 'first' })
    const beginMs = cluster.world.nowMs
    const slow = producer.send('t', { value: 'a' })
    await cluster.sleep(900)
    const second = producer.send('t', { value: 'b' })
    await Promise.all([slow, second])
    assert.ok(cluster.world.nowMs - beginMs >= 1000)
    assert.deepEqual(cluster.offered.at(-1)?.values, ['a', 'b'])
    const fullMs = cluster.world.nowMs
    await producer.sendAll('t', [{ value: 'x'.repeat(300) }, { value: 'y'.repeat(300) }]).catch(() => undefined)
    assert.equal(cluster.offered.filter(({ atMs }) => atMs > fullMs && atMs < fullMs + 500).length, 1)
  })
})

test('five batches are under way; what comes back is sent again in order, and nothing overtakes it', async () => {
  const cluster = new ScriptedCluster()
  const held: Offered[] = []
  await cluster.run(async () => {
    await using producer = cluster.producer(oneByOne)
    await producer.send('t', { value: 'v0' })
    cluster.onOffer = (offered) => held.push(offered)
    const sent = Promise.all(Array.from({ length: 7 }, (_, i) => producer.send('t', { value: `v${i + 1}` })))
    await cluster.sleep(500)
    assert.deepEqual(
      held.map(({ baseSequence }) => baseSequence),
      [1, 2, 3, 4, 5],
    )
    cluster.onOffer = (offered) => cluster.store(offered)
    const [first, ...others] = held
    assert.ok(first !== undefined)
    withError(ErrorCode.NOT_ENOUGH_REPLICAS)(first)
    for (const offered of others) withError(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)(offered)
    assert.deepEqual(offsets(await sent), [1, 2, 3, 4, 5, 6, 7])
    const again = cluster.offered.slice(6)
    assert.deepEqual(
      again.map(({ baseSequence }) => baseSequence),
      [1, 2, 3, 4, 5, 6, 7],
    )
    assert.ok(again.every(({ producerEpoch }) => producerEpoch === 0))
  })
})

test('the first batch of a sequence goes alone: a leader that knows nothing takes whatever comes for the beginning', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer(oneByOne)
    const held: Offered[] = []
    cluster.onOffer = (offered) => held.push(offered)
    const sent = Promise.all(['a', 'b', 'c'].map((value) => producer.send('t', { value })))
    await cluster.sleep(500)
    assert.equal(held.length, 1)
    cluster.onOffer = (offered) => cluster.store(offered)
    for (const offered of held) withError(ErrorCode.NOT_ENOUGH_REPLICAS)(offered)
    assert.deepEqual(offsets(await sent), [0, 1, 2])
  })
})

test('a leader that has forgotten the sequence gets a new one, in the next epoch', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer(oneByOne)
    await producer.send('t', { value: 'a' })
    script(cluster, [withError(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)])
    await producer.send('t', { value: 'b' })
    await producer.send('t', { value: 'c' })
    const seen = cluster.offered.map(({ values, producerEpoch, baseSequence }) => [
      values[0],
      producerEpoch,
      baseSequence,
    ])
    assert.deepEqual(seen, [
      ['a', 0, 0],
      ['b', 0, 1],
      ['b', 1, 0],
      ['c', 1, 1],
    ])
    assert.equal(cluster.idsGiven, 1)
  })
})

test('behind the last epoch comes another id', async () => {
  const cluster = new ScriptedCluster()
  cluster.givenEpoch = 2 ** 15 - 1
  await cluster.run(async () => {
    await using producer = cluster.producer(oneByOne)
    await producer.send('t', { value: 'a' })
    script(cluster, [withError(ErrorCode.UNKNOWN_PRODUCER_ID)])
    cluster.givenEpoch = 0
    await producer.send('t', { value: 'b' })
    assert.equal(cluster.idsGiven, 2)
    assert.deepEqual([cluster.offered.at(-1)?.producerEpoch, cluster.offered.at(-1)?.baseSequence], [0, 0])
  })
})

test('what may have been stored is not sent under another sequence', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer(oneByOne)
    await producer.send('t', { value: 'a' })
    // Stored, and the answer lost; then a leader that knows the last batch alone.
    script(cluster, [({ hangUp }) => hangUp(), withError(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)])
    await assert.rejects(producer.send('t', { value: 'b' }), isCode('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    await producer.send('t', { value: 'c' })
    assert.deepEqual([cluster.offered.at(-1)?.producerEpoch, cluster.offered.at(-1)?.baseSequence], [1, 0])
  })
})

test('a batch that the broker has already is done; where it lies is not known', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer(oneByOne)
    script(cluster, [({ hangUp }) => hangUp(), withError(ErrorCode.DUPLICATE_SEQUENCE_NUMBER)])
    assert.equal((await producer.send('t', { value: 'a' })).offset, -1)
  })
})

test('a batch that is too large for the broker is sent in pieces; a record is refused', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ lingerMs: 10 })
    cluster.onOffer = (offered) => {
      if (offered.values.length > 2) withError(ErrorCode.MESSAGE_TOO_LARGE)(offered)
      else cluster.store(offered)
    }
    const values = Array.from({ length: 8 }, (_, i) => ({ value: `value-${i}` }))
    assert.deepEqual(offsets(await producer.sendAll('t', values)), [0, 1, 2, 3, 4, 5, 6, 7])
    script(cluster, [withError(ErrorCode.MESSAGE_TOO_LARGE)])
    await assert.rejects(producer.send('t', { value: 'x' }), isCode('MESSAGE_TOO_LARGE'))
    await producer.send('t', { value: 'y' })
  })
})

test('what is split goes before those that were sent behind it, which get their places anew', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ batchSize: 300, lingerMs: 10, deliveryTimeoutMs: 40_000 })
    // As a broker does it.
    let [epoch, next] = [0, 0]
    cluster.onOffer = (offered) => {
      const { values, producerEpoch, baseSequence } = offered
      if (producerEpoch > epoch) [epoch, next] = [producerEpoch, 0]
      if (values.length > 2) withError(ErrorCode.MESSAGE_TOO_LARGE)(offered)
      else if (producerEpoch < epoch || baseSequence !== next)
        withError(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)(offered)
      else {
        next += values.length
        cluster.store(offered)
      }
    }
    await producer.send('t', { value: 'first' })
    // Three in the first batch, fewer in those behind it.
    const values = Array.from({ length: 9 }, (_, i) => ({ value: `${i}${'x'.repeat(i < 3 ? 30 : 90)}` }))
    assert.deepEqual(offsets(await producer.sendAll('t', values)), [1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.ok(cluster.world.nowMs < 10_000, `${cluster.world.nowMs} ms`)
    assert.ok(cluster.offered.length > 7)
  })
})

test('a hint who leads is followed at once, without asking', async () => {
  const cluster = new ScriptedCluster({ brokers: 2 })
  await cluster.run(async () => {
    await using producer = cluster.producer(oneByOne)
    await producer.send('t', { value: 'a' })
    const asked = cluster.metadataAsked
    const beginMs = cluster.world.nowMs
    script(cluster, [
      ({ answer }) =>
        answer(
          {
            errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER,
            currentLeader: { leaderId: 2, leaderEpoch: 1, unknownTags: undefined },
          },
          { nodeEndpoints: [{ nodeId: 2, host: 'b2', port: 9092, rack: null, unknownTags: undefined }] },
        ),
    ])
    await producer.send('t', { value: 'b' })
    assert.equal(cluster.offered.at(-1)?.broker, 2)
    assert.ok(cluster.world.nowMs - beginMs < 50, `${cluster.world.nowMs - beginMs} ms`)
    assert.equal(cluster.metadataAsked, asked)
  })
})

test('without a leader, records wait; they are given up when they have waited too long', async () => {
  const cluster = new ScriptedCluster()
  cluster.leaders = [undefined]
  await cluster.run(async () => {
    await using producer = cluster.producer({ deliveryTimeoutMs: 2000 }, { requestTimeoutMs: 1000 })
    const first = producer.send('t', { value: 'a' })
    await cluster.sleep(1000)
    const second = producer.send('t', { value: 'b' })
    await assert.rejects(first, isCode('TIMED_OUT'))
    const late = cluster.world.nowMs
    assert.ok(late < 2500, `${late} ms`)
    cluster.leaders = [1]
    assert.equal((await second.catch(() => undefined))?.offset, undefined, 'they were one batch')
    assert.equal((await producer.send('t', { value: 'c' })).offset, 0)
    assert.ok(cluster.metadataAsked < 100, `${cluster.metadataAsked} questions`)
  })
})

test('what is given up while it is under way is told in time, and holds its place until it is known what came of it', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ ...oneByOne, deliveryTimeoutMs: 3000 }, { requestTimeoutMs: 2500 })
    await producer.send('t', { value: 'a' })
    const beginMs = cluster.world.nowMs
    // The first attempt is not answered, the second one late.
    script(cluster, [() => undefined, (offered) => void cluster.sleep(2000).then(() => cluster.store(offered))])
    await assert.rejects(producer.send('t', { value: 'b' }), isCode('TIMED_OUT'))
    assert.ok(Math.abs(cluster.world.nowMs - beginMs - 3000) < 20, `${cluster.world.nowMs - beginMs} ms`)
    assert.equal((await producer.send('t', { value: 'c' })).offset, 2)
  })
})

test('a topic that is not there is waited for as long as a record may wait', async () => {
  const cluster = new ScriptedCluster()
  cluster.topicError = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  await cluster.run(async () => {
    await using producer = cluster.producer({ maxBlockMs: 1000 })
    await assert.rejects(producer.send('t', { value: 'a' }), isCode('TIMED_OUT'))
    const sent = producer.send('t', { value: 'b' })
    await cluster.sleep(300)
    cluster.topicError = ErrorCode.NONE
    assert.equal((await sent).offset, 0)
    await assert.rejects(producer.send('t', { value: 'c', partition: 9 }), isCode('TIMED_OUT'))
    await assert.rejects(producer.send('t', { value: 'c', partition: -1 }), isCode('INVALID_ARGUMENT'))
    cluster.topicError = ErrorCode.TOPIC_AUTHORIZATION_FAILED
  })
})

test('when the memory is used up, records wait for room, in order, and no longer than they may', async () => {
  const cluster = new ScriptedCluster()
  const held: Offered[] = []
  await cluster.run(async () => {
    await using producer = cluster.producer({ bufferMemory: 1000, batchSize: 400, maxBlockMs: 2000, lingerMs: 2000 })
    cluster.onOffer = (offered) => cluster.store(offered)
    await producer.send('t', { value: 'first' })
    cluster.onOffer = (offered) => held.push(offered)
    const sent = Array.from({ length: 12 }, (_, i) => producer.send('t', { value: `${i}-${'x'.repeat(200)}` }))
    await cluster.sleep(1000)
    assert.ok(held.length > 1, 'what is there does not linger any more')
    cluster.onOffer = (offered) => cluster.store(offered)
    for (const offered of held) cluster.store(offered)
    assert.deepEqual(
      offsets(await Promise.all(sent)),
      Array.from({ length: 12 }, (_, i) => i + 1),
    )
    cluster.onOffer = () => undefined
    const stuck = Array.from({ length: 9 }, (_, i) => producer.send('t', { value: `${i}-${'x'.repeat(200)}` }))
    const last = stuck.at(-1)
    assert.ok(last !== undefined)
    for (const each of stuck) each.catch(() => undefined)
    await assert.rejects(last, isCode('TIMED_OUT'))
    await producer.close({ timeoutMs: 0 })
  })
})

test('with acks=0 nothing is waited for; with acks=1 nobody needs an id', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    cluster.onOffer = () => undefined
    await using fast = cluster.producer({ acks: 0 })
    assert.equal((await fast.send('t', { value: 'a' })).offset, -1)
    await cluster.sleep(100)
    assert.equal(cluster.offered.length, 1)
    cluster.onOffer = (offered) => cluster.store(offered)
    await using plain = cluster.producer({ acks: 1 })
    assert.equal((await plain.send('t', { value: 'a' })).offset, 0)
    assert.equal(cluster.offered.at(-1)?.baseSequence, -1)
    assert.equal(cluster.idsGiven, 0)
  })
})

test('unless it is told how long, a batch waits only while its broker has something to answer', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer()
    await producer.send('t', { value: 'warm' })
    const held: Offered[] = []
    cluster.onOffer = (offered) => held.push(offered)
    const beganMs = cluster.world.env('client').clock.monotonic()
    const first = producer.send('t', { value: 'a' })
    await cluster.sleep(3)
    assert.deepEqual(
      held.map(({ values }) => values),
      [['a']],
    )
    const others = [producer.send('t', { value: 'b' })]
    await cluster.sleep(1)
    others.push(producer.send('t', { value: 'c' }))
    assert.equal(held.length, 1)
    const [offered] = held
    assert.ok(offered !== undefined && offered.atMs - beganMs < 5)
    cluster.onOffer = (later) => cluster.store(later)
    cluster.store(offered)
    await Promise.all([first, ...others])
    assert.deepEqual(
      cluster.offered.map(({ values }) => values.join()),
      ['warm', 'a', 'b,c'],
    )
    // Who is told how long waits so long.
    await using patient = cluster.producer({ lingerMs: 50 })
    const sentMs = cluster.world.env('client').clock.monotonic()
    await patient.send('t', { value: 'd' })
    assert.ok(cluster.world.env('client').clock.monotonic() - sentMs >= 50)
  })
})

test('what is wrong with a topic is asked once, and told to all that wait for it', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer()
    cluster.topicError = ErrorCode.TOPIC_AUTHORIZATION_FAILED
    const sent = Array.from({ length: 50 }, (_, i) => producer.send('t', { value: `${i}` }))
    for (const each of sent) await assert.rejects(each, isCode('TOPIC_AUTHORIZATION_FAILED'))
    assert.ok(cluster.metadataAsked <= 2, `asked ${cluster.metadataAsked} times`)
    cluster.topicError = ErrorCode.NONE
    assert.equal((await producer.send('t', { value: 'now' })).offset, 0)
  })
})

test('a flush waits for what was sent before, whoever goes on sending, also where a batch is split', async () => {
  const cluster = new ScriptedCluster({ partitions: 2 })
  await cluster.run(async () => {
    const producer = cluster.producer({ lingerMs: 60_000 })
    cluster.leaders[1] = undefined
    const told: string[] = []
    const send = (value: string, partition: number): Promise<unknown> =>
      producer.send('t', { value, partition }).then(
        () => told.push(value),
        () => undefined,
      )
    const first = Promise.all([send('a', 0), send('b', 0)])
    let isSplit = false
    cluster.onOffer = (offered) => {
      if (isSplit) cluster.store(offered)
      else offered.answer({ errorCode: ErrorCode.MESSAGE_TOO_LARGE })
      isSplit = true
      // Behind the others, and in a partition that nobody leads: it is not waited for.
      if (told.length === 0) void send('never', 1)
    }
    await producer.flush()
    assert.deepEqual(told, ['a', 'b'])
    await first
    await producer.close({ timeoutMs: 100 })
  })
})

test('who closes waits for what was sent, or not; nothing is taken any more', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    const patient = cluster.producer({ lingerMs: 60_000 })
    const sent = patient.send('t', { value: 'a' })
    await patient.close()
    assert.equal((await sent).offset, 0)
    await assert.rejects(patient.send('t', { value: 'b' }), isCode('CLOSED'))
    cluster.onOffer = () => undefined
    const hasty = cluster.producer()
    const lost = hasty.send('t', { value: 'c' })
    lost.catch(() => undefined)
    await hasty.close({ timeoutMs: 100 })
    await assert.rejects(lost, isCode('CLOSED'))
  })
})

test('versions are those that both sides know, down to those of Kafka 2.1, where topics have no ids', async () => {
  const cluster = new ScriptedCluster()
  cluster.versionsMax = { [apiVersions.key]: 2, [metadata.key]: 7, [produce.key]: 7, [initProducerId.key]: 1 }
  await cluster.run(async () => {
    await using producer = cluster.producer()
    assert.equal((await producer.send('t', { value: 'a' })).offset, 0)
    assert.equal(cluster.offered[0]?.version, 7)
  })
})

test('an acknowledgement counts also where the topic is not known any more', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer(oneByOne, { metadataMaxAgeMs: 200 })
    const held: Offered[] = []
    cluster.onOffer = (offered) => held.push(offered)
    const sent = producer.send('t', { value: 'a' })
    await cluster.sleep(100)
    cluster.topicError = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    await cluster.sleep(2000)
    for (const offered of held) cluster.store(offered)
    assert.equal((await sent).offset, 0)
    assert.equal(cluster.offered.length, 1)
  })
})

test('a partitioner that throws, and what is no record, fail by themselves and hold up nobody', async () => {
  const cluster = new ScriptedCluster({ partitions: 2 })
  await cluster.run(async () => {
    await using producer = cluster.producer({
      partitioner({ value }) {
        if (String(value) === 'bad') throw new RangeError('no such customer')
        return String(value) === 'far' ? 9 : 1
      },
    })
    // The topic is not known yet: they wait in line.
    const sent = ['a', 'bad', 'far', 'b'].map((value) => producer.send('t', { value }))
    const outcomes = await Promise.allSettled(sent)
    assert.deepEqual(
      outcomes.map((it) => (it.status === 'fulfilled' ? it.value.offset : String(it.reason))),
      [0, 'RangeError: no such customer', 'KafkaError: the partitioner gives partition 9', 1],
    )
    await assert.rejects(producer.send('t', { value: 'bad' }), /no such customer/)
    await assert.rejects(producer.send('t', { value: 'c', timestampMs: 0.5 }), isCode('INVALID_ARGUMENT'))
    await assert.rejects(producer.send('t', JSON.parse('{"value": 5}')), isCode('INVALID_ARGUMENT'))
    assert.equal((await producer.send('t', { value: 'c' })).offset, 2)
  })
})

test('options that make no sense are refused, by name', () => {
  const cluster = new ScriptedCluster()
  const wrong: readonly [ProducerOptions, RegExp][] = [
    [{ lingerMs: -1 }, /lingerMs/],
    [{ batchSize: 1.5 }, /batchSize/],
    [{ enableIdempotence: true, acks: 1 }, /enableIdempotence/],
    [{ enableIdempotence: true, maxInFlightRequestsPerConnection: 6 }, /enableIdempotence/],
    [{ deliveryTimeoutMs: 100 }, /deliveryTimeoutMs/],
    [{ maxInFlightRequestsPerConnection: 0 }, /maxInFlight/],
    [{ partitionerRackAware: true }, /clientRack/],
    [{ partitionerRackAware: true, clientRack: ' ' }, /clientRack/],
    [JSON.parse('{"linger": 5}'), /'linger'/],
    [JSON.parse('{"compressionType": "brotli"}'), /brotli/],
  ]
  for (const [options, message] of wrong) assert.throws(() => cluster.producer(options), message)
  assert.throws(() => cluster.producer({}, { bootstrapServers: 'nowhere' }), /nowhere/)
  assert.throws(() => cluster.producer({}, { bootstrapServers: ' ,' }), /names no server/)
})
