import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Logger, Reader, Writer } from '../../base/index.ts'
import { anonymous, notController } from '../../metadata/index.ts'
import {
  type Api,
  alterClientQuotas,
  alterConfigs,
  createTopics,
  defaultPrincipalData,
  envelope,
  type Fields,
  type Infer,
  listPartitionReassignments,
  metadata,
  requestHeader,
  requestHeaderVersion,
  responseHeader,
  responseHeaderVersion,
} from '../../protocol/index.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { bind, Router } from '../router.ts'
import { createTopicsHandler } from './19-create-topics.ts'
import { alterConfigsHandler } from './33-alter-configs.ts'
import { listPartitionReassignmentsHandler } from './46-list-partition-reassignments.ts'
import { envelopeHandler } from './58-envelope.ts'
import { ask, ClusterFixture } from './handler-fixture.ts'

const logger = { child: () => logger, log: () => undefined }

interface Given {
  readonly version?: number
  readonly clientId?: string | null
}

/** Header and body, as a client sends them. */
function requestBytes<Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  request: Infer<Q>,
  given: Given = {},
): Buffer {
  const { version = api.versions[1], clientId = 'c' } = given
  const writer = new Writer()
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId: 77, clientId }
  requestHeader.encode(writer, requestHeaderVersion(api.key, version), header)
  api.request.encode(writer, version, request)
  return writer.finishAsOne()
}

/** As DefaultPrincipalData 0 behind its version: User, ANONYMOUS, not by a token, no tagged fields. */
const principal = Buffer.from('0000' + '0555736572' + '0a414e4f4e594d4f5553' + '00' + '00', 'hex')
const address = Buffer.from([10, 0, 0, 7])
const principalBytes = (name: string): Buffer => {
  const writer = new Writer()
  writer.i16(0)
  defaultPrincipalData.encode(writer, 0, { ...anonymous, name })
  return writer.finishAsOne()
}

function cluster({ isActive = () => true }: { readonly isActive?: () => boolean } = {}) {
  const fixture = new ClusterFixture()
  fixture.start(1)
  const contexts: RequestContext[] = []
  const seen = <Q, S>(handler: Handler<Q, S>): Handler<Q, S> => ({
    ...handler,
    handle(request, context) {
      contexts.push(context)
      return handler.handle(request, context)
    },
  })
  const services = { ...fixture.services, listener: 'controller' as const }
  const handlers = [
    bind(seen(createTopicsHandler(services))),
    bind(alterConfigsHandler(services)),
    bind(
      listPartitionReassignmentsHandler({
        channel: { listPartitionReassignments: () => Promise.reject(notController()) },
      }),
    ),
  ]
  const router = new Router(handlers, logger)
  const handler = envelopeHandler({ router: () => router, isActive })
  const held: number[] = []
  const send = (requestData: Buffer, given: { readonly principal?: Buffer | null; readonly address?: Buffer } = {}) =>
    ask(
      handler,
      {
        requestData,
        requestPrincipal: given.principal === undefined ? principal : given.principal,
        clientHostAddress: given.address ?? address,
      },
      { throttle: (ms) => void held.push(ms) },
    )
  return { fixture, contexts, held, send, services }
}

/** The body, behind a header that says which request it answers. */
function bodyOf<S extends Fields>(api: Api<Fields, S>, bytes: Uint8Array | null, version = api.versions[1]): Infer<S> {
  const reader = new Reader(bytes ?? assert.fail('there is no reply inside'))
  assert.equal(responseHeader.decode(reader, responseHeaderVersion(api.key, version)).correlationId, 77)
  const body = api.response.decode(reader, version)
  assert.equal(reader.remaining, 0)
  return body
}

const topic = (name: string) =>
  createTopics.request.create({ topics: [{ name, numPartitions: 1, replicationFactor: 1 }], timeoutMs: 500 })

for (const version of [2, 4, 5, 7]) {
  test(`a request is answered as if its client had come itself: CreateTopics ${version}`, async () => {
    const { fixture, contexts, send, services } = cluster()
    const { errorCode, responseData } = await send(requestBytes(createTopics, topic('a'), { version }))
    assert.equal(errorCode, 0)
    const body = bodyOf(createTopics, responseData, version)
    assert.ok(fixture.image.topics.byName.has('a'))
    const direct = await ask(createTopicsHandler(services), topic('b'), { apiVersion: version })
    const writer = new Writer()
    const [a] = body.topics
    createTopics.response.encode(writer, version, {
      ...direct,
      topics: direct.topics.map((it) => ({ ...it, name: 'a', topicId: a?.topicId ?? it.topicId })),
    })
    assert.deepEqual(body, createTopics.response.decode(new Reader(writer.finishAsOne()), version))
    const told = contexts.map((it) => [it.apiKey, it.apiVersion, it.correlationId, it.clientId, it.clientHost])
    assert.deepEqual(told[0], [19, version, 77, 'c', '10.0.0.7'])
  })
}

test('the principal in it is held to its own quota, and nobody else is', async () => {
  const { fixture, contexts, send } = cluster()
  const entity = [{ entityType: 'user', entityName: 'ann' }]
  const ops = [{ key: 'controller_mutation_rate', value: 0.001, remove: false }]
  await fixture.channel.alterClientQuotas(alterClientQuotas.request.create({ entries: [{ entity, ops }] }))
  const codes: (number | undefined)[] = []
  for (const [user, name] of [
    ['ann', 'a'],
    ['ann', 'b'],
    ['bob', 'c'],
  ] as const) {
    const { responseData } = await send(requestBytes(createTopics, topic(name)), { principal: principalBytes(user) })
    codes.push(bodyOf(createTopics, responseData).topics[0]?.errorCode)
  }
  assert.deepEqual(codes, [0, 89, 0])
  assert.deepEqual(
    contexts.map((it) => it.principal.name),
    ['ann', 'ann', 'bob'],
  )
})

test('a try stays a try, and a client may have no name', async () => {
  const { fixture, contexts, send } = cluster()
  const request = { ...topic('a'), validateOnly: true }
  const { responseData } = await send(requestBytes(createTopics, request, { clientId: null }))
  assert.equal(bodyOf(createTopics, responseData).topics[0]?.errorCode, 0)
  assert.equal(fixture.image.topics.byName.size, 0)
  assert.equal(contexts[0]?.clientId, null)
})

test('what the controller refuses is told in the reply inside', async () => {
  const { send } = cluster()
  const resources = [{ resourceType: 2, resourceName: 'missing', configs: [] }]
  const { errorCode, responseData } = await send(requestBytes(alterConfigs, { resources, validateOnly: false }))
  assert.equal(errorCode, 0)
  assert.equal(bodyOf(alterConfigs, responseData).responses[0]?.errorCode, 3)
})

const good = requestBytes(createTopics, topic('a'))
const ofVersion = (version: number): Buffer => {
  const bytes = Buffer.from(good)
  bytes.writeInt16BE(version, 2)
  return bytes
}
const quotas = alterClientQuotas.request.create({ entries: [] })
const anything = metadata.request.create({ topics: [] })
const reassignments = listPartitionReassignments.request.create()

const refused: readonly (readonly [
  what: string,
  code: number,
  ...given: Parameters<ReturnType<typeof cluster>['send']>,
])[] = [
  ['no principal', 97, good, { principal: null }],
  ['an empty principal', 97, good, { principal: Buffer.alloc(0) }],
  ['a principal of version 1', 97, good, { principal: Buffer.from('00010000', 'hex') }],
  ['a principal that is cut', 97, good, { principal: principal.subarray(0, 9) }],
  ['an address of 5 bytes', 42, good, { address: Buffer.alloc(5) }],
  ['no address', 42, good, { address: Buffer.alloc(0) }],
  ['a principal goes before the address', 97, good, { principal: null, address: Buffer.alloc(0) }],
  ['an address goes before the request', 42, Buffer.alloc(0), { address: Buffer.alloc(0) }],
  ['an empty request', 35, Buffer.alloc(0)],
  ['a header that is cut', 35, good.subarray(0, 9)],
  ['a key that nobody knows', 35, Buffer.from('7fff0000000000010000', 'hex')],
  ['an API that is not forwarded', 42, requestBytes(metadata, anything)],
  ['Envelope in Envelope', 42, Buffer.from('003a000000000001000000', 'hex')],
  ['an API that is not built', 35, requestBytes(alterClientQuotas, quotas)],
  ['a version before all', 35, ofVersion(1)],
  ['a version after all', 35, ofVersion(8)],
  ['a body that is cut', 35, good.subarray(0, good.length - 3)],
  ['a controller that is not active any more', 41, requestBytes(listPartitionReassignments, reassignments)],
]
for (const [what, code, ...given] of refused) {
  test(`refused in the Envelope: ${what}`, async () => {
    const { fixture, send } = cluster()
    assert.deepEqual(await send(...given), envelope.response.create({ errorCode: code }))
    assert.equal(fixture.image.topics.byName.size, 0)
  })
}

test('where the controller is not active, what is wrong is told first', async () => {
  const { contexts, send } = cluster({ isActive: () => false })
  assert.equal((await send(good)).errorCode, 41)
  assert.equal((await send(ofVersion(8))).errorCode, 35)
  assert.equal((await send(good, { principal: null })).errorCode, 97)
  assert.equal(contexts.length, 0)
})

test('who is over its quota is told so; the connection of its broker is not held', async () => {
  const { held, send, services } = cluster()
  const entity = [{ entityType: 'client-id', entityName: 'c' }]
  const ops = [{ key: 'controller_mutation_rate', value: 0.1, remove: false }]
  await services.channel.alterClientQuotas({ entries: [{ entity, ops }], validateOnly: false })
  const codes: number[] = []
  for (const name of ['a', 'b', 'c']) {
    const { responseData } = await send(requestBytes(createTopics, topic(name)))
    const { throttleTimeMs, topics } = bodyOf(createTopics, responseData)
    codes.push(...topics.map(({ errorCode }) => errorCode))
    assert.equal(throttleTimeMs > 0, codes.at(-1) === 89)
  }
  assert.deepEqual(codes, [0, 0, 89])
  const other = await send(requestBytes(createTopics, topic('d'), { clientId: 'other' }))
  assert.deepEqual(
    bodyOf(createTopics, other.responseData).topics.map(({ errorCode }) => errorCode),
    [0],
  )
  assert.deepEqual(held, [])
})

const faults: readonly (readonly [what: string, handle: Handler<unknown, { topics: string }>['handle']])[] = [
  ['at once', () => assert.fail('a fault')],
  ['later', () => Promise.reject(new RangeError('a fault'))],
  ['with a reply that cannot be written', () => ({ topics: 'no list' })],
]
for (const [what, handle] of faults) {
  test(`a fault of the controller is answered, not the end of the broker's connection: ${what}`, async () => {
    const lines: string[] = []
    const log: Logger = { child: () => log, log: (level, message) => void lines.push(`${level} ${message}`) }
    const faulty = bind({ ...createTopicsHandler(cluster().services), handle } as unknown as Handler<unknown, unknown>)
    const router = new Router([faulty], log)
    const request = { requestData: good, requestPrincipal: principal, clientHostAddress: address }
    const reply = await ask(envelopeHandler({ router: () => router, isActive: () => true }), request)
    assert.deepEqual(reply, envelope.response.create({ errorCode: -1 }))
    assert.deepEqual(lines, ['error a request that a broker passed on could not be answered'])
  })
}
