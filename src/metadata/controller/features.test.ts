import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiError } from '../../base/index.ts'
import { updateFeatures } from '../../protocol/index.ts'
import { losesMetadata } from '../features.ts'
import { Fixture } from './controller-fixture.ts'

const upgrade = 1
const safe = 2
const unsafe = 3
type Update = readonly [feature: string, level: number, upgradeType: number]

const elr = 'eligible.leader.replicas.version'

function update(fixture: Fixture, ...updates: readonly Update[]): string {
  const featureUpdates = updates.map(([feature, maxVersionLevel, type]) => ({
    feature,
    maxVersionLevel,
    upgradeType: type,
  }))
  const start = fixture.written.length
  try {
    fixture.take(fixture.controller.updateFeatures(updateFeatures.request.create({ featureUpdates })))
  } catch (error) {
    const { code, message } = error as ApiError
    return `${code} ${message}`
  }
  const levels = fixture.written
    .slice(start)
    .map(({ kind, value }) => (kind === 'featureLevel' ? value.featureLevel : kind))
  return levels.join(' ')
}

/** Runs at `level`, which no cluster of ours begins with. */
function at(level: number): Fixture {
  const fixture = new Fixture()
  fixture.take({
    records: [{ kind: 'featureLevel', value: { name: 'metadata.version', featureLevel: level } }],
    reply: undefined,
    atomic: true,
  })
  return fixture
}

test('metadata is not lost: the way down ends where a level brought something', () => {
  const table: readonly (readonly [from: number, to: number, loses: boolean])[] = [
    [30, 29, true],
    [29, 23, false],
    [29, 22, true],
    [22, 17, false],
    [22, 16, true],
    [16, 15, false],
    [13, 12, true],
    [10, 8, false],
    [8, 7, true],
  ]
  for (const [from, to, loses] of table) {
    assert.equal(losesMetadata(from, to), loses, `${from} to ${to}`)
    const refused = loses ? /^95 Unsupported metadata\.version downgrade from \d+ to \d+\. Refusing/ : /^\d+$/
    assert.match(update(at(from), ['metadata.version', to, safe]), refused)
    const unsupported = loses ? /^95 Unsupported .* Unsafe metadata downgrade is not supported/ : /^\d+$/
    assert.match(update(at(from), ['metadata.version', to, unsafe]), unsupported)
    assert.match(update(at(from), ['metadata.version', to, upgrade]), /^95 Invalid update version .* Can't downgrade/)
  }
})

test('other features go down to 0 and up again', () => {
  const fixture = new Fixture()
  assert.equal(update(fixture, ['group.version', 0, safe]), '0')
  assert.equal(update(fixture, ['group.version', 0, safe]), '0')
  assert.match(update(fixture, ['group.version', 1, safe]), /Can't downgrade to a newer version/)
  assert.equal(update(fixture, ['group.version', 1, upgrade]), '1')
  assert.match(update(fixture, ['group.version', 0, 0]), /does not support the given upgrade type/)
})

test('of a feature that comes twice the last one counts, and one that is none is none at level 0 either', () => {
  const fixture = new Fixture()
  assert.equal(update(fixture, ['group.version', 0, safe], ['group.version', 1, upgrade]), '1')
  assert.match(update(fixture, ['no.such.feature', 0, safe]), /^95 .* Feature no\.such\.feature not found\.$/)
  assert.match(update(fixture, ['group.version', 0, safe], ['no.such.feature', 0, safe]), /^95/)
  assert.equal(fixture.controller.state.features.get('group.version'), 1)
})

test('eligible leader replicas want the records that hold them', () => {
  const fixture = at(22)
  assert.equal(update(fixture, [elr, 0, safe]), '0')
  assert.match(update(fixture, [elr, 1, upgrade]), /because it depends on metadata\.version level 23$/)
  assert.equal(update(fixture, [elr, 1, upgrade], ['metadata.version', 23, upgrade]), '1 23')
})
