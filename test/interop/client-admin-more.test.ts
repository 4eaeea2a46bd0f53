/**
 * Our admin client: transactions, share groups, credentials, tokens. What the broker under test does not announce is skipped: Odradek does
 * not serve these yet.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ErrorCode, shareGroupHeartbeat } from '../../src/protocol/index.ts'
import { Kafka, KafkaError, settled } from '../../src/stack/client.ts'
import { connectKafkajs } from './kafkajs.ts'
import { bootstrap, uniqueName, until } from './kit.ts'
import { makePeers } from './peers.ts'
import { skipUnless } from './served.ts'

const kafka = new Kafka({ bootstrapServers: bootstrap() })
const admin = kafka.admin()
after(() => admin.close())

const isCode = (code: string) => (error: unknown) => error instanceof KafkaError && error.code === code

const codesOf = (results: ReadonlyMap<string, unknown>) =>
  Object.fromEntries([...results].map(([key, it]) => [key, it instanceof KafkaError ? it.code : 'done']))

async function made(partitions = 1): Promise<string> {
  const topic = uniqueName('client-admin')
  await admin.createTopic(topic, { partitions })
  return topic
}

test('who writes to a partition is told by who leads it', async () => {
  const topic = await made()
  await using producer = kafka.producer()
  await producer.send(topic, { value: 'a' })
  await producer.send(topic, { value: 'b' })
  const told = (await admin.describeProducers([{ topic, partition: 0 }])).get(`${topic}-0`)
  assert.deepEqual(
    told?.producers.map((it) => [it.producerEpoch, it.lastSequence, it.currentTransactionStartOffset]),
    [[0, 1, undefined]],
  )
  const [{ producerId = -1, lastTimestampMs = 0 } = {}] = told?.producers ?? []
  assert.ok(producerId >= 0 && Math.abs(lastTimestampMs - Date.now()) < 60_000)
  const missing = admin.describeProducers([{ topic, partition: 5 }], { brokerId: 1, timeoutMs: 2000 })
  await assert.rejects(missing, (error) => error instanceof KafkaError)
})

test('a transaction is listed and described, aborted, and its producer fenced', {
  skip: skipUnless('transactions'),
}, async () => {
  const topic = await made(2)
  const transactionalId = uniqueName('transaction')
  const producer = connectKafkajs().producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  try {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: 'a', partition: 1 }] })

    const listed = await admin.listTransactions({ states: ['Ongoing'], transactionalIdPattern: `${transactionalId}.*` })
    const [listing] = listed
    assert.deepEqual([listed.length, listing?.transactionalId, listing?.coordinatorId], [1, transactionalId, 1])
    assert.deepEqual(
      await admin.listTransactions({ durationMs: 3_600_000, transactionalIdPattern: transactionalId }),
      [],
    )
    const results = await settled(admin.describeTransactions([transactionalId, 'nobody']))
    assert.deepEqual(codesOf(results), { [transactionalId]: 'done', nobody: 'TRANSACTIONAL_ID_NOT_FOUND' })
    const described = results.get(transactionalId)
    assert.ok(described !== undefined && !(described instanceof KafkaError))
    assert.deepEqual([described.state, described.producerId], ['Ongoing', listing?.producerId])
    assert.deepEqual(described.partitions, [{ topic, partition: 1 }])
    assert.ok(Math.abs((described.transactionStartTimeMs ?? 0) - Date.now()) < 60_000)

    const open = async () => {
      const told = await admin.describeProducers([{ topic, partition: 1 }])
      return told.get(`${topic}-1`)?.producers[0]
    }
    const hanging = await open()
    assert.equal(hanging?.currentTransactionStartOffset, 0)
    const { producerId, producerEpoch } = hanging
    await admin.abortTransaction({ topic, partition: 1, producerId, producerEpoch })
    assert.equal((await open())?.currentTransactionStartOffset, undefined)

    const fenced = (await admin.fenceProducers([transactionalId])).get(transactionalId)
    assert.equal(fenced?.producerId, producerId)
    assert.ok((fenced?.producerEpoch ?? -1) > producerEpoch)
    await assert.rejects(transaction.commit())
  } finally {
    await producer.disconnect()
  }
})

test('a share group is listed and described, its offsets are set, told and deleted', {
  skip: skipUnless('shareGroups'),
}, async () => {
  const topic = await made(2)
  const groupId = uniqueName('share')
  // Finding the coordinator makes the topic that it needs.
  await assert.rejects(admin.describeShareGroups([groupId]), isCode('GROUP_ID_NOT_FOUND'))
  const peers = makePeers()
  const broker = peers.to({ host: '127.0.0.1', port: Number(bootstrap().split(':')[1]) })
  const memberId = 'AAAAAAAAAAAAAAAAAAAACQ'
  const beat = (memberEpoch: number) =>
    broker.send(
      shareGroupHeartbeat,
      shareGroupHeartbeat.request.create({ groupId, memberId, memberEpoch, subscribedTopicNames: [topic] }),
      { timeoutMs: 20_000 },
    )
  try {
    let epoch = 0
    let last = ''
    await until({
      what: 'the member has joined, and has partitions',
      timeoutMs: 20_000,
      seen: () => last,
      condition: async () => {
        const { errorCode, memberEpoch, assignment, errorMessage } = await beat(epoch)
        if (errorCode === ErrorCode.NONE) epoch = memberEpoch
        last = `${errorCode} ${errorMessage} ${memberEpoch}`
        return (assignment?.topicPartitions[0]?.partitions.length ?? 0) === 2
      },
    })
    assert.deepEqual(
      (await admin.listGroups({ types: ['share'] })).find((it) => it.groupId === groupId),
      { groupId, type: 'share', protocolType: 'share', state: 'Stable' },
    )
    const results = await settled(admin.describeShareGroups([groupId, 'nobody'], { includeAuthorizedOperations: true }))
    assert.deepEqual(codesOf(results), { [groupId]: 'done', nobody: 'GROUP_ID_NOT_FOUND' })
    const group = results.get(groupId)
    assert.ok(group !== undefined && !(group instanceof KafkaError))
    assert.deepEqual([group.state, group.assignor, group.members.length], ['Stable', 'simple', 1])
    const [member] = group.members
    assert.deepEqual([member?.memberId, member?.clientId, member?.subscribedTopics], [memberId, 'interop', [topic]])
    assert.equal(member?.assignment.length, 2)
    const altered = [{ topic, partition: 0, startOffset: 0 }]
    await assert.rejects(admin.alterShareGroupOffsets(groupId, altered), isCode('NON_EMPTY_GROUP'))
    await assert.rejects(admin.describeGroup(groupId), isCode('GROUP_ID_NOT_FOUND'))
    assert.equal((await beat(-1)).errorCode, ErrorCode.NONE)
  } finally {
    broker.close()
  }
  await admin.alterShareGroupOffsets(groupId, [{ topic, partition: 0, startOffset: 0 }])
  const offsets = await admin.listShareGroupOffsets(groupId)
  const [first] = [...offsets.values()]
  assert.deepEqual([offsets.size, first?.topic, first?.partition, first?.startOffset], [1, topic, 0, 0])
  const ofBoth = [0, 1].map((partition) => ({ topic, partition }))
  assert.deepEqual([...(await admin.listShareGroupOffsets(groupId, { partitions: ofBoth })).keys()], [`${topic}-0`])
  const deleted = await settled(admin.deleteShareGroupOffsets(groupId, [topic, 'no-such-topic']))
  assert.deepEqual(codesOf(deleted), { [topic]: 'done', 'no-such-topic': 'UNKNOWN_TOPIC_OR_PARTITION' })
  assert.equal((await admin.listShareGroupOffsets(groupId)).size, 0)
  await admin.deleteGroup(groupId)
})

test('a group that is none of Kafka Streams is not described as one', {
  skip: skipUnless('streamsGroups'),
}, async () => {
  await assert.rejects(admin.describeStreamsGroups(['nobody']), isCode('GROUP_ID_NOT_FOUND'))
})

test('passwords for SCRAM are set and taken away', { skip: skipUnless('scram') }, async () => {
  const user = uniqueName('user')
  const [small, big] = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
  await admin.alterUserScramCredentials([{ user, mechanism: small, password: 'secret' }])
  const password = Buffer.from('secret')
  await admin.alterUserScramCredentials([{ user, mechanism: big, password, iterations: 8192 }])
  const told = async () => {
    const results = await settled(admin.describeUserScramCredentials([user]))
    const it = results.get(user)
    return it === undefined || it instanceof KafkaError ? it?.code : it.credentials
  }
  await until({ what: 'the credentials', timeoutMs: 10_000, condition: async () => typeof (await told()) === 'object' })
  assert.deepEqual(await told(), [
    { mechanism: small, iterations: 4096 },
    { mechanism: big, iterations: 8192 },
  ])
  assert.ok((await admin.describeUserScramCredentials()).has(user))
  const bad = await settled(
    admin.alterUserScramCredentials([
      { user, mechanism: small, password: 'secret', iterations: 1 },
      { user: 'nobody', mechanism: small, delete: true },
    ]),
  )
  assert.deepEqual(codesOf(bad), { [user]: 'UNACCEPTABLE_CREDENTIAL', nobody: 'RESOURCE_NOT_FOUND' })
  // A user is altered once in a request.
  const both = [small, big].map((mechanism) => ({ user, mechanism, delete: true }) as const)
  await assert.rejects(admin.alterUserScramCredentials(both), isCode('DUPLICATE_RESOURCE'))
  for (const each of both) await admin.alterUserScramCredentials([each])
  await until({ what: 'no credentials', timeoutMs: 10_000, condition: async () => typeof (await told()) === 'string' })
  assert.equal(await told(), 'RESOURCE_NOT_FOUND')
})

test('a token is only for who has signed in', { skip: skipUnless('tokens') }, async () => {
  const refused = isCode('DELEGATION_TOKEN_REQUEST_NOT_ALLOWED')
  await assert.rejects(admin.createDelegationToken({ owner: 'User:alice', renewers: ['User:bob'] }), refused)
  await assert.rejects(admin.renewDelegationToken(Buffer.from('hmac')), refused)
  await assert.rejects(admin.expireDelegationToken(Buffer.from('hmac')), refused)
  await assert.rejects(admin.describeDelegationTokens(), refused)
  await assert.rejects(async () => admin.createDelegationToken({ owner: 'alice' }), isCode('INVALID_ARGUMENT'))
})
