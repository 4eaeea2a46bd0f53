import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiVersions } from '../../protocol/index.ts'
import { apiVersionsHandler } from './18-api-versions.ts'
import { ask } from './handler-fixture.ts'

const supported = [
  { name: 'group.version', minVersion: 0, maxVersion: 1 },
  { name: 'metadata.version', minVersion: 7, maxVersion: 30 },
]
const finalized = [
  { name: 'group.version', level: 1 },
  { name: 'metadata.version', level: 30 },
]
const handler = apiVersionsHandler({ served: () => [], features: () => ({ supported, finalizedEpoch: 1, finalized }) })

const answered = async (apiVersion: number) => {
  const request = apiVersions.request.create({ clientSoftwareName: 'a', clientSoftwareVersion: '1' })
  const { supportedFeatures, finalizedFeatures } = await ask(handler, request, { apiVersion })
  return { supported: supportedFeatures.map(({ name }) => name), finalized: finalizedFeatures.map(({ name }) => name) }
}

test('before version 4 features whose lowest level is 0 are left out of what is supported', async () => {
  const names = ['group.version', 'metadata.version']
  assert.deepEqual(await answered(4), { supported: names, finalized: names })
  assert.deepEqual(await answered(3), { supported: ['metadata.version'], finalized: names })
})

test('Produce is announced from version 0 on, which is not served: older librdkafka compresses for no other broker', async () => {
  const run = (): never => assert.fail('nothing is run')
  const served = () => [
    { key: 1, name: 'Fetch', versions: [4, 18] as const, run },
    { key: 0, name: 'Produce', versions: [3, 13] as const, run },
  ]
  const features = () => ({ supported: [], finalizedEpoch: 1, finalized: [] })
  const request = apiVersions.request.create({})
  const { apiKeys } = await ask(apiVersionsHandler({ served, features }), request, { apiVersion: 0 })
  const announced = apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion])
  assert.deepEqual(announced, [
    [0, 0, 13],
    [1, 4, 18],
  ])
})
