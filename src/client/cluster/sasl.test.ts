import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { ScriptedShareGroup } from '../../../test/scripted-share-group.ts'
import { replyFrame } from '../../peer/scripted-server.ts'
import { ErrorCode, fetch, listOffsets, saslAuthenticate, saslHandshake } from '../../protocol/index.ts'
import { Kafka, KafkaError, type KafkaOptions, type SaslOptions } from '../index.ts'

/** Brokers that let in who says what is expected, and end the connection of who asks for anything before. */
class GuardedCluster extends ScriptedCluster {
  expected = '\0ada\0secret'
  mechanism = 'PLAIN'
  sessionLifetimeMs = 0
  readonly heard: string[] = []
  readonly #letIn = new Set<string>()

  constructor() {
    super({ brokers: 2, partitions: 2 })
    this.before = (broker, request, socket) => {
      const name = `${broker} ${request.connection}`
      if (request.key === saslHandshake.key) {
        socket.write([
          replyFrame(saslHandshake, request, saslHandshake.response.create({ mechanisms: [this.mechanism] })),
        ])
        return true
      }
      if (request.key !== saslAuthenticate.key) {
        if (!this.#letIn.has(name)) socket.destroy()
        return !this.#letIn.has(name)
      }
      const text = Buffer.from(saslAuthenticate.request.decode(request.reader, request.version).authBytes).toString()
      this.heard.push(text)
      const isIn = text === this.expected
      if (isIn) this.#letIn.add(name)
      const { sessionLifetimeMs } = this
      const response = isIn
        ? { sessionLifetimeMs }
        : { errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage: 'Invalid username or password' }
      socket.write([replyFrame(saslAuthenticate, request, saslAuthenticate.response.create(response))])
      return true
    }
  }
}

const ada: SaslOptions = { mechanism: 'PLAIN', username: 'ada', password: 'secret' }

test('a producer is let in by each broker', async () => {
  const cluster = new GuardedCluster()
  await cluster.run(async () => {
    const producer = cluster.producer({}, { sasl: ada })
    await producer.sendAll('t', [
      { value: 'a', partition: 0 },
      { value: 'b', partition: 1 },
    ])
    await producer.close()
  })
  assert.deepEqual(cluster.offered.map(({ values }) => values.join()).sort(), ['a', 'b'])
})

test('a password may change: it is asked for with each connection, and with each renewal', async () => {
  const cluster = new GuardedCluster()
  cluster.sessionLifetimeMs = 10_000
  let password = 'secret'
  await cluster.run(async () => {
    const credentials = async () => ({ username: 'ada', password })
    const producer = cluster.producer({}, { sasl: { mechanism: 'PLAIN', credentials } })
    await producer.send('t', { value: 'a', partition: 0 })
    password = 'newer'
    cluster.expected = '\0ada\0newer'
    const before = cluster.heard.length
    await cluster.sleep(9900)
    assert.ok(cluster.heard.length > before)
    await producer.send('t', { value: 'b', partition: 0 })
    await producer.close()
  })
  assert.equal(cluster.heard.at(-1), '\0ada\0newer')
})

test('who is not let in is told so at once, with all that waits; the producer works when the password is right', async () => {
  const cluster = new GuardedCluster()
  cluster.expected = '\0ada\0newer'
  await cluster.run(async () => {
    const sinceMs = cluster.world.nowMs
    const producer = cluster.producer({}, { sasl: ada })
    const sent = await Promise.allSettled([
      producer.send('t', { value: 'a' }),
      producer.send('t', { value: 'b' }),
      producer.send('other', { value: 'c' }),
    ])
    for (const it of sent) {
      assert.ok(it.status === 'rejected' && it.reason instanceof KafkaError)
      assert.equal(it.reason.code, 'SASL_AUTHENTICATION_FAILED')
      assert.equal(it.reason.isRetriable, false)
      assert.match(it.reason.message, /^b\d:9092: Invalid username or password$/)
    }
    assert.ok(cluster.world.nowMs - sinceMs < 1000)
    await cluster.sleep(60_000)
    assert.ok(cluster.heard.length <= 3, `nobody goes on trying: ${cluster.heard.length}`)
    cluster.expected = '\0ada\0secret'
    await producer.send('t', { value: 'd' })
    await producer.close()
  })
})

test('a broker that lets nobody in any more: the records that go there are refused, and later ones are sent', async () => {
  for (const enableIdempotence of [true, false]) {
    const cluster = new GuardedCluster()
    await cluster.run(async () => {
      const producer = cluster.producer({ enableIdempotence }, { sasl: ada, connectionsMaxIdleMs: 1000 })
      await producer.send('t', { value: 'a', partition: 0 })
      await cluster.sleep(5000)
      cluster.expected = '\0ada\0newer'
      const sinceMs = cluster.world.nowMs
      await assert.rejects(producer.send('t', { value: 'b', partition: 0 }), { code: 'SASL_AUTHENTICATION_FAILED' })
      assert.ok(cluster.world.nowMs - sinceMs < 1000)
      cluster.expected = '\0ada\0secret'
      await producer.send('t', { value: 'c', partition: 0 })
      await producer.close()
    })
    const stored = cluster.offered.map(({ values }) => values.join())
    assert.deepEqual(stored, ['a', 'c'])
  }
})

test('a consumer is told so where it reads', async () => {
  const cluster = new GuardedCluster()
  cluster.expected = 'nothing'
  await cluster.run(async () => {
    const consumer = new Kafka(cluster.world.env('reader'), { bootstrapServers: 'b1:9092', sasl: ada }).consumer()
    consumer.assign([{ topic: 't', partition: 0 }])
    await assert.rejects(consumer[Symbol.asyncIterator]().next(), { code: 'SASL_AUTHENTICATION_FAILED' })
    await consumer.close()
    const heard = cluster.heard.length
    await cluster.sleep(60_000)
    assert.equal(cluster.heard.length, heard)
    for (const groupProtocol of ['classic', 'consumer'] as const) {
      const kafka = new Kafka(cluster.world.env('reader'), { bootstrapServers: 'b1:9092', sasl: ada })
      const member = kafka.consumer({ groupId: 'g', groupProtocol })
      member.subscribe(['t'])
      const before = cluster.heard.length
      await assert.rejects(member[Symbol.asyncIterator]().next(), { code: 'SASL_AUTHENTICATION_FAILED' })
      await cluster.sleep(60_000)
      assert.ok(cluster.heard.length - before <= 2, `nobody goes on trying: ${cluster.heard.length - before}`)
      await member.close()
    }
  })
})

test('a share consumer is told so, does not try meanwhile, and goes on when it asks again', async () => {
  const cluster = new GuardedCluster()
  const group = new ScriptedShareGroup(cluster)
  group.add(['a'])
  cluster.expected = 'nothing'
  await cluster.run(async () => {
    const options = { bootstrapServers: 'b1:9092', sasl: ada }
    const consumer = new Kafka(cluster.world.env('reader'), options).shareConsumer({ groupId: 'g' })
    consumer.subscribe(['t'])
    const records = consumer[Symbol.asyncIterator]()
    await assert.rejects(records.next(), { code: 'SASL_AUTHENTICATION_FAILED' })
    const heard = cluster.heard.length
    await cluster.sleep(60_000)
    assert.equal(cluster.heard.length, heard)
    cluster.expected = '\0ada\0secret'
    assert.equal(String((await records.next()).value?.value), 'a')
    await consumer.close()
  })
})

test('an admin client is told so', async () => {
  const cluster = new GuardedCluster()
  cluster.expected = 'nothing'
  await cluster.run(async () => {
    const admin = new Kafka(cluster.world.env('admin'), { bootstrapServers: 'b1:9092', sasl: ada }).admin()
    await assert.rejects(admin.describeCluster(), { code: 'SASL_AUTHENTICATION_FAILED' })
    await admin.close()
  })
  assert.equal(cluster.heard.length, 1)
})

test('a token, and a mechanism of the application', async () => {
  const cluster = new GuardedCluster()
  cluster.mechanism = 'OAUTHBEARER'
  cluster.expected = 'n,,\x01auth=Bearer tok\x01pool=p\x01\x01'
  const seen: string[] = []
  await cluster.run(async () => {
    const token = () => ({ value: 'tok', extensions: { pool: 'p' } })
    const producer = cluster.producer({}, { sasl: { mechanism: 'OAUTHBEARER', token } })
    await producer.send('t', { value: 'a' })
    await producer.close()
    cluster.mechanism = 'OWN'
    cluster.expected = 'open sesame'
    const authenticate: Extract<SaslOptions, { authenticate: unknown }>['authenticate'] = async (session) => {
      seen.push(`${session.host}:${session.port}`)
      assert.equal((await session.exchange(Buffer.from('open sesame'))).length, 0)
    }
    const own = cluster.producer({}, { sasl: { mechanism: 'OWN', authenticate } })
    await own.send('t', { value: 'b' })
    await own.close()
  })
  assert.match(seen[0] ?? '', /^b[12]:9092$/)
})

test('a token that cannot be had is told with its cause', async () => {
  const cluster = new GuardedCluster()
  const cause = new Error('the issuer is away')
  await cluster.run(async () => {
    const token = () => Promise.reject(cause)
    const producer = cluster.producer({}, { sasl: { mechanism: 'OAUTHBEARER', token } })
    await assert.rejects(producer.send('t', { value: 'a' }), (error: unknown) => {
      assert.ok(error instanceof KafkaError)
      assert.match(error.message, /the issuer is away/)
      return error.code === 'SASL_AUTHENTICATION_FAILED'
    })
    await producer.close()
  })
})

test('where there is no TLS, that is told and not tried again', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    const producer = cluster.producer({}, { ssl: true })
    await assert.rejects(producer.send('t', { value: 'a' }), {
      code: 'SSL_AUTHENTICATION_FAILED',
      isRetriable: false,
    })
    await producer.close()
  })
})

test('bootstrap servers by their full names', async () => {
  const cluster = new ScriptedCluster({ brokers: 2 })
  await cluster.run(async () => {
    const address = (await cluster.world.env('b2').network.canonicalNames('localhost'))[0]
    assert.equal(address, 'b2')
    const options = { clientDnsLookup: 'resolve_canonical_bootstrap_servers_only' } as const
    const producer = cluster.producer({}, { ...options, bootstrapServers: ['unknown:9092', '10.0.0.1:9092'] })
    await producer.send('t', { value: 'a' })
    await producer.close()
  })
})

test('options that make no sense are refused', () => {
  const env = new ScriptedCluster().world.env('x')
  const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ sasl: { mechanism: 'PLAIN' } }, /PLAIN needs 'username' and 'password'/],
    [{ sasl: { mechanism: 'PLAIN', username: 'a' } }, /needs/],
    [{ sasl: { mechanism: 'PLAIN', user: 'a' } }, /no option 'user'/],
    [{ sasl: { mechanism: 'GSSAPI', username: 'a', password: 'b' } }, /GSSAPI needs 'token'/],
    [{ sasl: { mechanism: 'PLAIN', token: () => 1 } }, /PLAIN takes no token/],
    [{ sasl: { mechanism: 'OAUTHBEARER', token: 'x' } }, /'token' is a function/],
    [{ sasl: { username: 'a', password: 'b' } }, /names no mechanism/],
    [{ ssl: { caFile: 'x' } }, /no option 'caFile'/],
    [{ connectionsMaxIdleMs: -2 }, /connectionsMaxIdleMs/],
    [{ connectionsMaxIdleMs: 0 }, /connectionsMaxIdleMs/],
    [{ clientDnsLookup: 'default' }, /clientDnsLookup/],
  ]
  for (const [options, message] of wrong) {
    const given = { bootstrapServers: 'b1:9092', ...options } as KafkaOptions
    assert.throws(() => new Kafka(env, given), { name: 'KafkaError', code: 'INVALID_ARGUMENT', message })
  }
  new Kafka(env, { bootstrapServers: 'b1:9092', connectionsMaxIdleMs: -1, ssl: { ca: 'x' } })
})

test('a consumer begins where it was to when it is let in after all', async () => {
  const cluster = new GuardedCluster()
  cluster.expected = 'nothing'
  cluster.answer(listOffsets, () => ({
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 7, leaderEpoch: 0 }] }],
  }))
  const fetched: number[] = []
  cluster.answer(fetch, ({ topics }) => {
    for (const { partitions } of topics) for (const { fetchOffset } of partitions) fetched.push(fetchOffset)
    return undefined
  })
  await cluster.run(async () => {
    const options = { bootstrapServers: 'b1:9092', sasl: ada }
    const consumer = new Kafka(cluster.world.env('reader'), options).consumer({ autoOffsetReset: 'earliest' })
    const partition = { topic: 't', partition: 0 }
    consumer.assign([partition])
    const records = consumer[Symbol.asyncIterator]()
    await assert.rejects(records.next(), { code: 'SASL_AUTHENTICATION_FAILED' })
    cluster.expected = '\0ada\0secret'
    await cluster.sleep(10_000)
    assert.equal(consumer.position(partition), undefined)
    const asked = records.next()
    await cluster.sleep(1000)
    assert.equal(consumer.position(partition), 7)
    assert.equal(fetched[0], 7)
    await consumer.close()
    assert.deepEqual(await asked, { done: true, value: undefined })
  })
})

test('a consumer that is let in no more stops trying until it is asked again', async () => {
  const cluster = new GuardedCluster()
  await cluster.run(async () => {
    const options = { bootstrapServers: 'b1:9092', sasl: ada, connectionsMaxIdleMs: 1000 }
    const consumer = new Kafka(cluster.world.env('reader'), options).consumer()
    consumer.assign([{ topic: 't', partition: 0 }])
    consumer.seek({ topic: 't', partition: 0, offset: 5 })
    const records = consumer[Symbol.asyncIterator]()
    const first = records.next()
    first.catch(() => undefined)
    // The script does not serve fetches: the connection becomes idle, and the next one is to be let in.
    await cluster.sleep(5000)
    cluster.expected = 'nothing'
    await assert.rejects(first, { code: 'SASL_AUTHENTICATION_FAILED' })
    await cluster.sleep(100)
    const heard = cluster.heard.length
    await cluster.sleep(60_000)
    assert.equal(cluster.heard.length, heard)
    await assert.rejects(records.next(), { code: 'SASL_AUTHENTICATION_FAILED' })
    assert.ok(cluster.heard.length > heard)
    await consumer.close()
  })
})
