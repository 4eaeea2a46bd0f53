/**
 * `odradek/client` by TLS and SASL, and under a quota on bytes. The broker is Kafka's, whatever is under test else: ours has none of these
 * yet.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../bench/broker.ts'
import { type Admin, Kafka, type KafkaOptions } from '../../src/client/index.ts'
import { createEnv, hashPassword } from '../../src/env/index.ts'
import { authority, client as clientKeys, server as serverKeys } from '../certificates.ts'
import { Cluster } from './cluster.ts'
import { records, runFolder, uniqueName } from './kit.ts'

const name = 'security'
const modules = 'org.apache.kafka.common.security'
/** Short, so that sessions are renewed several times in a test. */
const sessionMs = 3000

let cluster: Cluster
const ports = { ssl: 0, sasl: 0 }

before(async () => {
  ports.ssl = await freePort()
  ports.sasl = await freePort()
  const folder = runFolder(name)
  cluster = await Cluster.make({
    name,
    nodes: [{ id: 1, kind: 'kafka', roles: ['controller', 'broker'] }],
    settingsOf: ({ ports: own }) => ({
      listeners: [
        `CONTROLLER://127.0.0.1:${own.controller}`,
        `PLAINTEXT://127.0.0.1:${own.broker}`,
        `SSL://127.0.0.1:${ports.ssl}`,
        `SASL_SSL://127.0.0.1:${ports.sasl}`,
      ].join(','),
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(folder, 'server.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(folder, 'authority.pem'),
      'listener.name.ssl.ssl.client.auth': 'required',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      'connections.max.reauth.ms': String(sessionMs),
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required user_ada="secret";`,
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
      'listener.name.sasl_ssl.oauthbearer.sasl.jaas.config': `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    }),
  })
  writeFileSync(join(folder, 'server.pem'), `${serverKeys.key}${serverKeys.cert}`)
  writeFileSync(join(folder, 'authority.pem'), authority)
  await cluster.start()
  await cluster.serving()
  await using admin = operator()
  const user = { user: 'b,o=b', password: 'secret' }
  await admin.alterUserScramCredentials([{ ...user, mechanism: 'SCRAM-SHA-256' }])
  await admin.alterUserScramCredentials([{ ...user, mechanism: 'SCRAM-SHA-512' }])
})

after(async () => {
  await cluster.stop()
})

/** By the listener that lets everybody in. */
const operator = (): Admin =>
  new Kafka(createEnv({ level: 'error' }), { bootstrapServers: cluster.bootstrap }, { hashPassword }).admin()

interface Client {
  readonly kafka: Kafka
  /** Warnings and errors. */
  readonly lines: string[]
}

function clientOf(port: number, options: Partial<KafkaOptions>): Client {
  const lines: string[] = []
  const env = createEnv({ level: 'warn', keepsAlive: true, write: (line) => void lines.push(line) })
  return { kafka: new Kafka(env, { bootstrapServers: `127.0.0.1:${port}`, ...options }, { poison: true }), lines }
}

/** Produces, and reads by a group what was produced. */
async function roundTrip({ kafka, lines }: Client): Promise<void> {
  const topic = uniqueName('secure')
  await using producer = kafka.producer()
  const sent = Array.from({ length: records(2000) }, (_, i) => `value ${i}`)
  await producer.sendAll(
    topic,
    sent.map((value) => ({ value, partition: 0 })),
  )
  const consumer = kafka.consumer({ groupId: uniqueName('readers'), autoOffsetReset: 'earliest' })
  consumer.subscribe([topic])
  const got: string[] = []
  for await (const { value } of consumer) {
    got.push(Buffer.from(value ?? '').toString())
    if (got.length === sent.length) break
  }
  await consumer.close()
  assert.deepEqual(got, sent)
  assert.deepEqual(lines, [])
}

/** Refused with that code, soon. */
async function isRefused({ kafka }: Client, code: string, message: RegExp): Promise<void> {
  const sinceMs = Date.now()
  const producer = kafka.producer()
  await assert.rejects(producer.send(uniqueName('refused'), { value: 'x' }), { code, isRetriable: false, message })
  await producer.close()
  const consumer = kafka.consumer({ groupId: uniqueName('refused') })
  consumer.subscribe(['refused'])
  await assert.rejects(consumer[Symbol.asyncIterator]().next(), { code, message })
  await consumer.close()
  assert.ok(Date.now() - sinceMs < 10_000)
}

describe('TLS', () => {
  test('both sides show who they are', async () => {
    await roundTrip(clientOf(ports.ssl, { ssl: { ca: authority, ...clientKeys } }))
  })

  test('a server that is not known, or another one, is not spoken to', async () => {
    await isRefused(clientOf(ports.ssl, { ssl: true }), 'SSL_AUTHENTICATION_FAILED', /certificate/)
    const ssl = { ca: authority, ...clientKeys, servername: 'elsewhere' }
    await isRefused(clientOf(ports.ssl, { ssl }), 'SSL_AUTHENTICATION_FAILED', /elsewhere/)
  })

  test('a client that does not show who it is is told so', async () => {
    await isRefused(clientOf(ports.ssl, { ssl: { ca: authority } }), 'SSL_AUTHENTICATION_FAILED', /TLS: .*certificate/)
  })
})

/** A token that is not signed: {"alg":"none"}, and who it is for how long. */
function unsecured(subject: string, forMs: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const seconds = Math.floor(Date.now() / 1000)
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: seconds, exp: seconds + Math.ceil(forMs / 1000) })}.`
}

describe('SASL', () => {
  const ssl = { ca: authority }
  const token = () => ({ value: unsecured('ada', 60_000) })
  const right: readonly KafkaOptions['sasl'][] = [
    { mechanism: 'PLAIN', username: 'ada', password: 'secret' },
    { mechanism: 'SCRAM-SHA-256', username: 'b,o=b', password: 'secret' },
    { mechanism: 'SCRAM-SHA-512', username: 'b,o=b', password: 'secret' },
    { mechanism: 'OAUTHBEARER', token },
  ]
  for (const sasl of right) {
    test(`${sasl?.mechanism}: records go and come`, async () => {
      await roundTrip(clientOf(ports.sasl, { ssl, ...(sasl && { sasl }) }))
    })
  }

  const wrong: readonly (readonly [NonNullable<KafkaOptions['sasl']>, RegExp])[] = [
    [{ mechanism: 'PLAIN', username: 'ada', password: 'wrong' }, /Invalid username or password/],
    [{ mechanism: 'SCRAM-SHA-256', username: 'b,o=b', password: 'wrong' }, /invalid credentials/],
    [{ mechanism: 'SCRAM-SHA-512', username: 'nobody', password: 'secret' }, /invalid credentials/],
    [{ mechanism: 'OAUTHBEARER', token: () => ({ value: unsecured('ada', -120_000) }) }, /./],
  ]
  for (const [sasl, message] of wrong) {
    test(`${sasl.mechanism}: who is not known is told what the server says, and is not tried again`, async () => {
      await isRefused(clientOf(ports.sasl, { ssl, sasl }), 'SASL_AUTHENTICATION_FAILED', message)
    })
  }

  test('a mechanism that is not served is told with those that are', async () => {
    const sasl = { mechanism: 'OWN', authenticate: async () => undefined }
    const message = /OWN is not served there, but .*SCRAM-SHA-512/
    await isRefused(clientOf(ports.sasl, { ssl, sasl }), 'UNSUPPORTED_SASL_MECHANISM', message)
  })

  test('a listener without SASL says so', async () => {
    const [broker] = cluster.brokers
    const port = broker?.ports.broker ?? 0
    const sasl = { mechanism: 'PLAIN', username: 'ada', password: 'secret' } as const
    await isRefused(clientOf(port, { sasl }), 'ILLEGAL_SASL_STATE', /PLAIN is not expected there/)
  })

  for (const mechanism of ['SCRAM-SHA-512', 'OAUTHBEARER'] as const) {
    test(`${mechanism}: sessions are renewed while records go and come, and nobody notices`, async () => {
      let asked = 0
      const sasl: NonNullable<KafkaOptions['sasl']> =
        mechanism === 'OAUTHBEARER'
          ? { mechanism, token: () => ({ value: unsecured(`ada${asked++ * 0}`, 60_000) }) }
          : { mechanism, credentials: () => ({ username: 'b,o=b', password: asked++ < 0 ? '' : 'secret' }) }
      const client = clientOf(ports.sasl, { ssl, sasl })
      const topic = uniqueName('renewed')
      const producer = client.kafka.producer()
      await producer.send(topic, { value: '0', partition: 0 })
      const consumer = client.kafka.consumer({ groupId: uniqueName('renewed'), autoOffsetReset: 'earliest' })
      consumer.subscribe([topic])
      const got: number[] = []
      const count = 800
      const reading = (async () => {
        for await (const { value } of consumer) {
          got.push(Number(Buffer.from(value ?? '').toString()))
          if (got.length === count) break
        }
      })()
      const sent: Promise<unknown>[] = []
      for (let i = 1; i < count; i++) {
        sent.push(producer.send(topic, { value: String(i), partition: 0 }))
        await delay(15)
      }
      await Promise.all(sent)
      await reading
      await consumer.close()
      await producer.close()
      assert.deepEqual(
        got,
        Array.from({ length: count }, (_, i) => i),
      )
      assert.deepEqual(client.lines, [])
      // Of the producer two connections that are in use, of the consumer three, for twelve seconds.
      assert.ok(asked > 12, `${asked} times`)
    })
  }
})

test('who is over a quota asks nothing for as long as the broker says, and so is answered at once', async () => {
  await using admin = operator()
  await admin.alterClientQuotas([{ entity: { 'client-id': 'slow' }, set: { producer_byte_rate: 50_000 } }])
  const tookMs: number[] = []
  const silent = { hasSubscribers: false, publish: () => undefined }
  const request = {
    hasSubscribers: true,
    publish: ({ api, ms }: { readonly api: string; readonly ms: number }) => {
      if (api === 'Produce') tookMs.push(ms)
    },
  }
  const trace = { request, batch: silent, fetch: silent, rebalance: silent }
  const env = { ...createEnv({ level: 'error', keepsAlive: true }), trace }
  await using producer = new Kafka(env, { bootstrapServers: cluster.bootstrap, clientId: 'slow' }).producer()
  const topic = uniqueName('quota')
  await producer.send(topic, { value: 'first' })
  const sinceMs = Date.now()
  // Ten seconds of the quota may come at once, as the broker counts.
  for (let i = 0; i < 8; i++) await producer.send(topic, { value: randomBytes(100_000) })
  const elapsedMs = Date.now() - sinceMs
  assert.ok(elapsedMs > 3000, `${elapsedMs} ms`)
  assert.ok(Math.max(...tookMs) < elapsedMs / 3, `${tookMs}`)
})
