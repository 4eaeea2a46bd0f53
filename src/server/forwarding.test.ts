import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, MalformedError, Reader, Writer } from '../base/index.ts'
import { anonymous, notController } from '../metadata/index.ts'
import {
  apisByKey,
  type CreateTopicsResponse,
  createTopics,
  describeQuorum,
  type Fields,
  type Message,
} from '../protocol/index.ts'
import { bindForwarded, type ForwardedRequest, type Forwarder } from './forwarding.ts'
import { type Answer, type BoundHandler, closeConnection, LateAnswer, Signal } from './handler.ts'
import { createTopicsHandler } from './handlers/19-create-topics.ts'
import { describeQuorumHandler } from './handlers/55-describe-quorum.ts'
import { awaited, ClusterFixture, contextOf, ManualClock } from './handlers/handler-fixture.ts'

/** Version 4, in which nothing but names and codes is told. */
const apiVersion = 4

function bytesOf(name: string): Buffer {
  const writer = new Writer()
  const topics = [{ name, numPartitions: 1, replicationFactor: 1 }]
  createTopics.request.encode(writer, apiVersion, createTopics.request.create({ topics, timeoutMs: 500 }))
  return writer.finishAsOne()
}

const bound = createTopicsHandler({
  clock: new ManualClock(),
  channel: { createTopics: () => Promise.reject(notController()) },
})

/** What the client gets. */
async function outcome(handler: ReturnType<typeof bindForwarded>, body: Buffer): Promise<string | Buffer> {
  const context = contextOf(createTopics.key, { apiVersion, correlationId: 9, clientId: 'me', clientHost: '::1' })
  const answer = handler.run(new Reader(body), context)
  assert.ok(!(answer instanceof LateAnswer))
  const settled = await answer
  if (settled instanceof Signal) return settled.what
  const writer = new Writer()
  settled(writer)
  return writer.finishAsOne()
}

const codesIn = (bytes: string | Buffer): readonly number[] => {
  assert.ok(typeof bytes !== 'string')
  const { topics }: CreateTopicsResponse = createTopics.response.decode(new Reader(bytes), apiVersion)
  return topics.map(({ errorCode }) => errorCode)
}

function to(answer: () => Promise<Answer<Uint8Array>>): Forwarder & { readonly requests: ForwardedRequest[] } {
  const requests: ForwardedRequest[] = []
  return {
    requests,
    forward(request) {
      requests.push({ ...request, body: Buffer.from(request.body) })
      return answer()
    },
  }
}

test('the bytes go as they came, whatever follows them, and those of the reply come back', async () => {
  const forwarder = to(async () => Buffer.from('any bytes'))
  const body = Buffer.concat([bytesOf('a'), Buffer.from('more')])
  assert.equal(
    String(
      await outcome(
        bindForwarded(bound, () => forwarder),
        body,
      ),
    ),
    'any bytes',
  )
  const who = { apiKey: 19, apiVersion, correlationId: 9, clientId: 'me', clientHost: '::1', principal: anonymous }
  assert.deepEqual(forwarder.requests, [{ ...who, body }])
})

test('while the controller is here, it is asked here', async () => {
  const fixture = new ClusterFixture()
  fixture.start(1)
  const here = bindForwarded(createTopicsHandler(fixture.services), () => undefined)
  assert.deepEqual(codesIn(await outcome(here, bytesOf('a'))), [0])
  assert.ok(fixture.image.topics.byName.has('a'))
})

test('a controller here that is not active any more: on to the new one, if there is a way', async () => {
  const forwarder = to(async () => Buffer.from('from there'))
  const places = [undefined, forwarder]
  const moved = bindForwarded(bound, () => places.shift())
  assert.equal(String(await outcome(moved, bytesOf('a'))), 'from there')
  assert.deepEqual(
    forwarder.requests.map(({ body }) => Buffer.from(body)),
    [bytesOf('a')],
  )
  assert.deepEqual(
    codesIn(
      await outcome(
        bindForwarded(bound, () => undefined),
        bytesOf('a'),
      ),
    ),
    [41],
  )
})

for (const code of [7, -1]) {
  test(`no reply is an error of the kind that the request has: ${code}`, async () => {
    const forwarder = to(() => Promise.reject(new ApiError(code, 'no')))
    assert.deepEqual(
      codesIn(
        await outcome(
          bindForwarded(bound, () => forwarder),
          bytesOf('a'),
        ),
      ),
      [code],
    )
  })
}

function replyBytes<F extends Fields>(message: Message<F>, version: number, throttleTimeMs?: number): Buffer {
  const writer = new Writer()
  message.encode(writer, version, { ...message.create(), throttleTimeMs })
  return writer.finishAsOne()
}

async function heldFor(handler: BoundHandler, given: { readonly body: Buffer; readonly version: number }) {
  const held: number[] = []
  const throttle = (ms: number) => void held.push(ms)
  await awaited(handler.run(new Reader(given.body), contextOf(handler.key, { apiVersion: given.version, throttle })))
  return held
}

test('the connection is held for as long as the controller says', async () => {
  const forwarder = to(async () => replyBytes(createTopics.response, apiVersion, 700))
  const body = bytesOf('a')
  assert.deepEqual(
    await heldFor(
      bindForwarded(bound, () => forwarder),
      { body, version: apiVersion },
    ),
    [700],
  )
  const short = to(async () => Buffer.alloc(3))
  assert.deepEqual(
    await heldFor(
      bindForwarded(bound, () => short),
      { body, version: apiVersion },
    ),
    [0],
  )
})

test('a reply that has no such time holds nothing', async () => {
  const handler = describeQuorumHandler({ quorum: () => undefined })
  const failed = to(async () => replyBytes(describeQuorum.response, 0))
  /** No topics, no tagged fields. */
  const body = Buffer.from([1, 0])
  assert.deepEqual(
    await heldFor(
      bindForwarded(handler, () => failed),
      { body, version: 0 },
    ),
    [0],
  )
})

test('of all that is passed on, a throttle time is the first of the reply in every version, but for tokens', () => {
  const timed = [...apisByKey.values()].filter((it) => it.forwardable && 'throttleTimeMs' in it.response.fields)
  const isFirst = ({ response }: (typeof timed)[number], version: number) =>
    new Reader(replyBytes(response, version, 1234)).i32() === 1234
  const later = timed.filter((it) => !isFirst(it, it.versions[0]) || !isFirst(it, it.versions[1]))
  assert.deepEqual(
    later.map(({ name }) => name),
    ['CreateDelegationToken', 'RenewDelegationToken', 'ExpireDelegationToken'],
  )
  assert.ok(timed.length > 15)
})

test('a version that the controller does not serve ends the connection', async () => {
  const forwarder = to(async () => closeConnection)
  assert.equal(
    await outcome(
      bindForwarded(bound, () => forwarder),
      bytesOf('a'),
    ),
    closeConnection.what,
  )
})

test('what cannot be read goes nowhere', async () => {
  const forwarder = to(async () => Buffer.alloc(0))
  const cut = bytesOf('a').subarray(0, 6)
  await assert.rejects(
    outcome(
      bindForwarded(bound, () => forwarder),
      cut,
    ),
    MalformedError,
  )
  assert.equal(forwarder.requests.length, 0)
})
