import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpuMsOf } from '../../../test/cpu-time.ts'
import type { IncrementalAlterConfigsRequest } from '../../protocol/index.ts'
import { MetadataDelta } from '../delta.ts'
import { emptyImage } from '../image/metadata-image.ts'
import { Fixture } from './controller-fixture.ts'

type Resource = IncrementalAlterConfigsRequest['resources'][number]

const broker = 4
const set = 0

/** So many configs that nobody knows: a plug-in of a broker may. */
const ofBroker = (resourceName: string, count: number, value = '1'): Resource => ({
  resourceType: broker,
  resourceName,
  configs: Array.from({ length: count }, (_, i) => ({ name: `k${i}`, configOperation: set, value })),
})

const requests = ['incrementalAlterConfigs', 'alterConfigs'] as const

/** Two brokers; alters by either of the two requests. */
function cluster(request: (typeof requests)[number]) {
  const fixture = new Fixture()
  fixture.start(1, 2)
  const alter = (resources: readonly Resource[], validateOnly = false) =>
    fixture.take(fixture.controller[request]({ resources, validateOnly }))
  return { fixture, alter }
}

const refused: readonly (readonly [what: string, resources: readonly Resource[]])[] = [
  ['10,001 records for one resource', [ofBroker('1', 10_001)]],
  ['10,001 records for two', [ofBroker('1', 10_000), ofBroker('2', 1)]],
  ['more records than a call has room for arguments', [ofBroker('1', 200_000)]],
  ['values of more than 8 MB', [ofBroker('1', 300, 'x'.repeat(30_000))]],
  ['the long name of a broker, again and again', [ofBroker(`${'0'.repeat(30_000)}1`, 300)]],
]
for (const request of requests) {
  for (const [what, resources] of refused) {
    test(`${request} fails as a whole: ${what}`, () => {
      const { fixture, alter } = cluster(request)
      const before = fixture.written.length
      const error = { code: 44, message: /excessively large batch/ }
      assert.throws(() => alter(resources), error)
      assert.throws(() => alter(resources, true), error)
      assert.equal(fixture.written.length, before)
    })
  }

  test(`${request} of as much as one request may alter`, () => {
    const { fixture, alter } = cluster(request)
    const before = fixture.written.length
    const { responses } = alter([ofBroker('1', 9_000), ofBroker('9', 9_000), ofBroker('2', 1_000)])
    assert.deepEqual(
      responses.map(({ resourceName, errorCode }) => [resourceName, errorCode]),
      [
        ['1', 0],
        ['9', 102],
        ['2', 0],
      ],
    )
    assert.equal(fixture.written.length - before, 10_000)
  })
}

test('10,000 configs of one resource are replayed one by one, not each over all', () => {
  const { alter, fixture } = cluster('alterConfigs')
  const before = fixture.written.length
  assert.ok(cpuMsOf(() => alter([ofBroker('1', 10_000)])) < 2_000)
  const delta = new MetadataDelta(emptyImage)
  const replay = (): void => {
    for (const record of fixture.written.slice(before)) delta.replay(record)
  }
  assert.ok(cpuMsOf(replay) < 1_000)
  assert.equal(fixture.controller.state.configs(broker, '1').size, 10_000)
})
