/** Envelopes as Kafka's broker sends them and as its controller answers them, beside what ours makes of them. */
import assert from 'node:assert/strict'
import { addressText, type Network, Reader, Writer } from '../../src/base/index.ts'
import { anonymous } from '../../src/metadata/index.ts'
import { sealed } from '../../src/node/envelopes.ts'
import type { Peer } from '../../src/peer/index.ts'
import {
  type Api,
  alterClientQuotas,
  alterConfigs,
  apisByKey,
  createPartitions,
  createTopics,
  deleteTopics,
  ErrorCode,
  electLeaders,
  envelope,
  type Fields,
  type Infer,
  incrementalAlterConfigs,
  listPartitionReassignments,
  metadata,
  requestHeader,
  requestHeaderVersion,
  responseHeader,
  responseHeaderVersion,
} from '../../src/protocol/index.ts'
import type { ForwardedRequest } from '../../src/server/index.ts'
import { Wire } from '../wire.ts'
import type { Exchange } from './recorder.ts'

const client = { clientId: 'a-client', correlationId: 42, clientHost: '10.1.2.3', principal: anonymous }

export const newTopic = (name: string) => ({ name, numPartitions: 2, replicationFactor: 1 })

/** Without what a controller draws by lot, and the order in which Kafka's tells of resources; it has no words for error 7. */
export const plain = (reply: object): unknown =>
  JSON.parse(
    JSON.stringify(reply, (key, it) => {
      if (key === 'topicId') return ''
      if (key === 'responses') return it.map((each: object) => JSON.stringify(plain(each))).sort()
      return it?.errorCode === ErrorCode.REQUEST_TIMED_OUT ? { ...it, errorMessage: null } : it
    }),
  )

/** What a client asks a broker, in old versions and new ones; each is passed on. Returns how many. */
export async function askForwardable(broker: Peer): Promise<number> {
  let count = 0
  const ask = async <Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    given: Parameters<typeof api.request.create>[0],
    version = api.versions[1],
  ): Promise<void> => {
    count++
    await broker.send(api, api.request.create(given), { timeoutMs: 20_000, versions: [version, version] })
  }
  const timeoutMs = 10_000
  await ask(createTopics, { topics: [newTopic('made')], timeoutMs })
  const names = ['dup', 'dup', 'x/y', '__cluster_metadata', 'made', 'fine']
  for (const version of [2, 4, 5, 7]) {
    await ask(createTopics, { topics: names.map(newTopic), timeoutMs, validateOnly: true }, version)
  }
  await ask(createTopics, { topics: [newTopic('late')], timeoutMs: 0 })
  await ask(createPartitions, { topics: [{ name: 'made', count: 4, assignments: null }], timeoutMs })
  const configs = [{ name: 'retention.ms', value: '9', configOperation: 0 }]
  const resources = ['made', 'none'].map((resourceName) => ({ resourceType: 2, resourceName, configs }))
  for (const version of [0, 1]) await ask(incrementalAlterConfigs, { resources }, version)
  await ask(alterConfigs, { resources }, 0)
  await ask(electLeaders, { topicPartitions: null, timeoutMs }, 1)
  await ask(listPartitionReassignments, { topics: null, timeoutMs })
  await ask(deleteTopics, { topicNames: ['none', 'made'], timeoutMs }, 3)
  await ask(metadata, { topics: [{ name: 'asked-for' }], allowAutoTopicCreation: true }, 9)
  return count
}

/** What is in an Envelope's frame and in its answer's. */
function inside(frame: Buffer): {
  readonly sent: Infer<typeof envelope.request.fields>
  readonly request: ForwardedRequest
} {
  const reader = new Reader(frame)
  assert.equal(requestHeader.decode(reader, requestHeaderVersion(envelope.key, 0)).requestApiKey, envelope.key)
  const sent = envelope.request.decode(reader, 0)
  const start = new Reader(sent.requestData)
  const [apiKey, apiVersion] = [start.i16(), start.i16()]
  const data = new Reader(sent.requestData)
  const { clientId, correlationId } = requestHeader.decode(data, requestHeaderVersion(apiKey, apiVersion))
  const clientHost = addressText(sent.clientHostAddress)
  const body = data.slice(data.remaining)
  return { sent, request: { apiKey, apiVersion, clientId, correlationId, clientHost, principal: anonymous, body } }
}

function answered(frame: Buffer, { apiKey, apiVersion, correlationId }: ForwardedRequest): object {
  const outer = new Reader(frame)
  responseHeader.decode(outer, responseHeaderVersion(envelope.key, 0))
  const { errorCode, responseData } = envelope.response.decode(outer, 0)
  assert.equal(errorCode, 0)
  const reader = new Reader(responseData ?? assert.fail('nothing is inside'))
  assert.equal(responseHeader.decode(reader, responseHeaderVersion(apiKey, apiVersion)).correlationId, correlationId)
  const body = apisByKey.get(apiKey)?.response.decode(reader, apiVersion)
  assert.equal(reader.remaining, 0)
  return body ?? assert.fail(`there is no api ${apiKey}`)
}

export interface ReplayOptions {
  readonly network: Network
  /** Of our controller, in a cluster that is as new as Kafka's was. */
  readonly port: number
}

/** Asserts that we would have sent the same, and that our controller answers it alike. */
export async function replay(exchanges: readonly Exchange[], { network, port }: ReplayOptions): Promise<void> {
  const wire = await Wire.connect(network, '127.0.0.1', port)
  try {
    for (const { request: frame, reply } of exchanges) {
      const { sent, request } = inside(frame)
      assert.deepEqual(sealed(request), sent)
      const size = Buffer.alloc(4)
      size.writeInt32BE(frame.length)
      const next = wire.reply()
      wire.raw(Buffer.concat([size, frame]))
      const [ours, theirs] = [answered(await next, request), answered(reply, request)]
      assert.deepEqual(plain(ours), plain(theirs), `${apisByKey.get(request.apiKey)?.name} ${request.apiVersion}`)
    }
  } finally {
    wire.destroy()
  }
}

/** Envelopes that are wrong in themselves, and what is said of each. */
export function refusals(): readonly (readonly [
  what: string,
  request: Infer<typeof envelope.request.fields>,
  code: number,
])[] {
  const writer = new Writer()
  createTopics.request.encode(writer, 7, createTopics.request.create({ topics: [newTopic('a')], validateOnly: true }))
  const body = writer.finishAsOne()
  const good = sealed({ ...client, apiKey: createTopics.key, apiVersion: 7, body })
  const of = (apiKey: number, apiVersion: number, given: Buffer = body) =>
    sealed({ ...client, apiKey, apiVersion, body: given })
  const { requestData } = good
  return [
    ['no principal', { ...good, requestPrincipal: null }, 97],
    ['a principal of version 1', { ...good, requestPrincipal: Buffer.from('00010000', 'hex') }, 97],
    ['a principal that is cut', { ...good, requestPrincipal: good.requestPrincipal?.subarray(0, 9) ?? null }, 97],
    ['an address of 5 bytes', { ...good, clientHostAddress: Buffer.alloc(5) }, 42],
    ['no address', { ...good, clientHostAddress: Buffer.alloc(0) }, 42],
    ['an empty request', { ...good, requestData: Buffer.alloc(0) }, 35],
    ['a header that is cut', { ...good, requestData: requestData.subarray(0, 9) }, 35],
    ['a key that nobody knows', { ...good, requestData: Buffer.from('7fff0000000000010000', 'hex') }, 35],
    ['an API that is not forwarded', of(metadata.key, 13), 42],
    ['Envelope in Envelope', of(envelope.key, 0), 42],
    ['a version before all', of(createTopics.key, 1), 35],
    ['a version after all', of(createTopics.key, 8), 35],
    ['a body that is cut', of(createTopics.key, 7, body.subarray(0, body.length - 3)), 35],
    ['half an array', of(alterClientQuotas.key, 1, Buffer.from('03', 'hex')), 35],
  ]
}
