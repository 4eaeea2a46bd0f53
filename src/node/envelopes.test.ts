import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader, Writer } from '../base/index.ts'
import { anonymous } from '../metadata/index.ts'
import { createTopics, defaultPrincipalData, envelope } from '../protocol/index.ts'
import { sealed } from './envelopes.ts'

/** Of Apache Kafka 4.3.1: CreateTopics 7 of a topic `made`, from a client `interop` on 127.0.0.1. */
const ofKafka = {
  requestData: '00130007000000010007696e7465726f700002056d61646500000002000101010000002710' + '0000',
  requestPrincipal: '000005557365720a414e4f4e594d4f55530000',
  clientHostAddress: '7f000001',
}

const bodyOf = (hex: string): Buffer => Buffer.from(hex, 'hex').subarray(18)
const request = {
  apiKey: 19,
  apiVersion: 7,
  correlationId: 1,
  clientId: 'interop',
  clientHost: '127.0.0.1',
  principal: anonymous,
}

test("what Kafka's broker puts into an Envelope, ours does", () => {
  const body = bodyOf(ofKafka.requestData)
  assert.equal(createTopics.request.decode(new Reader(body), 7).topics[0]?.name, 'made')
  const ours = sealed({ ...request, body })
  const hex = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('hex')
  assert.deepEqual(
    {
      requestData: hex(ours.requestData),
      requestPrincipal: hex(ours.requestPrincipal),
      clientHostAddress: hex(ours.clientHostAddress),
    },
    ofKafka,
  )
  const writer = new Writer()
  envelope.request.encode(writer, 0, ours)
  assert.equal(writer.size, ofKafka.requestData.length / 2 + ofKafka.requestPrincipal.length / 2 + 4 + 4)
})

test('the principal is that of the client', () => {
  const ann = { type: 'User', name: 'ann', tokenAuthenticated: true }
  const { requestPrincipal } = sealed({ ...request, principal: ann, body: Buffer.alloc(0) })
  const reader = new Reader(requestPrincipal ?? assert.fail('no principal'))
  assert.equal(reader.i16(), 0)
  const { type, name, tokenAuthenticated } = defaultPrincipalData.decode(reader, 0)
  assert.deepEqual({ type, name, tokenAuthenticated }, ann)
})

test('an address is 4 or 16 bytes, whatever the network calls its hosts', () => {
  const of = (clientHost: string): string =>
    Buffer.from(sealed({ ...request, clientHost, body: Buffer.alloc(0) }).clientHostAddress).toString('hex')
  assert.equal(of('::1'), '00000000000000000000000000000001')
  assert.equal(of('somewhere'), '00000000')
})

test('a header that is not flexible has no tags, and a client may have no name', () => {
  const { requestData } = sealed({ ...request, apiVersion: 4, clientId: null, body: Buffer.from('body') })
  assert.equal(Buffer.from(requestData).toString('latin1'), '\0\x13\0\x04\0\0\0\x01\xff\xffbody')
})
