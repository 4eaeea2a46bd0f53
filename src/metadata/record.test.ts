import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError, oneUuid } from '../base/index.ts'
import { brokerRegistrationChangeRecord, userScramCredentialRecord } from '../protocol/index.ts'
import { decodeRecord, encodeRecord, latestMetadataVersion } from './index.ts'

const malformed = [
  { what: 'nothing', bytes: [] },
  { what: 'frame version 0', bytes: [0, 20, 0, 0] },
  { what: 'frame version 2', bytes: [2, 20, 0, 0] },
  { what: 'a type that does not exist', bytes: [1, 6, 0, 0] },
  { what: 'a version that does not exist', bytes: [1, 20, 1, 0] },
  { what: 'bytes behind the message', bytes: [1, 20, 0, 0, 0] },
  { what: 'a body that is cut', bytes: [1, 12, 0, 9, 97] },
]

for (const { what, bytes } of malformed) {
  test(`refuses ${what}`, () => assert.throws(() => decodeRecord(Uint8Array.from(bytes)), MalformedError))
}

test('what was decoded shares no memory with the bytes', () => {
  const secret = Buffer.of(1, 2, 3)
  const given = { name: 'u', mechanism: 1, salt: secret, storedKey: secret, serverKey: secret, iterations: 4096 }
  const bytes = encodeRecord(
    { kind: 'userScramCredential', value: userScramCredentialRecord.create(given) },
    latestMetadataVersion,
  )
  const record = decodeRecord(bytes)
  bytes.fill(0xff)
  assert.deepEqual(record, { kind: 'userScramCredential', value: userScramCredentialRecord.create(given) })
})

const changes = [
  { given: { fenced: -1 }, version: 0 },
  { given: { inControlledShutdown: 1 }, version: 1 },
  { given: { logDirs: [oneUuid] }, version: 2 },
  { given: { cordonedLogDirs: [] }, version: 3 },
]

for (const { given, version } of changes) {
  test(`a change of registration with ${Object.keys(given).join()} is written in version ${version}`, () => {
    const value = brokerRegistrationChangeRecord.create({ brokerId: 1, brokerEpoch: 2, ...given })
    const bytes = encodeRecord({ kind: 'brokerRegistrationChange', value }, latestMetadataVersion)
    assert.equal(bytes[2], version)
    assert.deepEqual(decodeRecord(bytes), { kind: 'brokerRegistrationChange', value })
  })
}
