import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiError } from '../../base/index.ts'
import { registerControllerRecord, updateFeatures } from '../../protocol/index.ts'
import { losesMetadata, supportedFeatures } from '../features.ts'
import type { MetadataRecord } from '../record.ts'
import { Fixture } from './controller-fixture.ts'

const upgrade = 1
const safe = 2
const unsafe = 3
type Update = readonly [feature: string, level: number, upgradeType: number]

const elr = 'eligible.leader.replicas.version'
const kraft = 'kraft.version'

const update = (fixture: Fixture, ...updates: readonly Update[]): string => asked(fixture, updates, false)

/** What is written, level by level, or the refusal. */
function asked(fixture: Fixture, updates: readonly Update[], validateOnly: boolean): string {
  const featureUpdates = updates.map(([feature, maxVersionLevel, type]) => ({
    feature,
    maxVersionLevel,
    upgradeType: type,
  }))
  const start = fixture.written.length
  try {
    fixture.take(fixture.controller.updateFeatures(updateFeatures.request.create({ featureUpdates, validateOnly })))
  } catch (error) {
    const { code, message } = error as ApiError
    return `${code} ${message}`
  }
  const levels = fixture.written
    .slice(start)
    .map(({ kind, value }) => (kind === 'featureLevel' ? value.featureLevel : kind))
  return levels.join(' ')
}

const written = (fixture: Fixture, record: MetadataRecord): void =>
  fixture.take({ records: [record], reply: undefined, atomic: true })

/** Runs at `level`, which no cluster of ours begins with. */
function at(level: number): Fixture {
  const fixture = new Fixture()
  written(fixture, { kind: 'featureLevel', value: { name: 'metadata.version', featureLevel: level } })
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

const notDown = "Can't downgrade the version of this feature"
const by = (level: number): string => `95 Invalid update version ${level} for feature kraft.version. `

test('kraft.version goes up and never down, and the quorum is asked', () => {
  const table: readonly (readonly [current: number, level: number, type: number, answer: string, after: number])[] = [
    [0, 1, upgrade, 'noOp', 1],
    [0, 0, upgrade, 'noOp', 0],
    [0, 0, safe, '', 0],
    [0, 0, unsafe, '', 0],
    [0, 1, safe, `${by(1)}Can't downgrade to a newer version.`, 0],
    [0, 1, unsafe, `${by(1)}Can't downgrade to a newer version.`, 0],
    [0, 2, upgrade, `${by(2)}Local controller 1 only supports versions 0-1`, 0],
    [0, -1, upgrade, `${by(-1)}A feature version cannot be less than 0.`, 0],
    [0, 1, 0, `${by(1)}The controller does not support the given upgrade type.`, 0],
    [1, 1, upgrade, 'noOp', 1],
    [1, 1, safe, '', 1],
    [1, 0, upgrade, `${by(0)}${notDown} without setting the upgrade type to either safe or unsafe downgrade.`, 1],
    [1, 0, safe, `${by(0)}${notDown}.`, 1],
    [1, 0, unsafe, `${by(0)}${notDown}.`, 1],
  ]
  for (const [current, level, type, answer, after] of table) {
    const fixture = new Fixture()
    fixture.kraftVersion = current
    const label = `${current} to ${level} by ${type}`
    const tried = asked(fixture, [[kraft, level, type]], true)
    assert.equal(tried, answer.startsWith('95') ? answer : '', `${label}, a try`)
    assert.equal(fixture.kraftVersion, current, `${label}, a try`)
    assert.equal(update(fixture, [kraft, level, type]), answer, label)
    assert.equal(fixture.kraftVersion, after, label)
  }
})

test('kraft.version stays while a voter has not said that it supports the new one, a try tells it too', () => {
  const fixture = new Fixture()
  fixture.hasVotersFor1 = false
  for (const validateOnly of [true, false]) {
    assert.equal(asked(fixture, [[kraft, 1, upgrade]], validateOnly), '95 not all of the voters support it')
  }
  assert.equal(update(fixture, [kraft, 0, upgrade]), 'noOp')
  assert.equal(fixture.kraftVersion, 0)
})

test('with other features kraft.version goes up only if all do', () => {
  const fixture = new Fixture()
  const bad: Update = ['share.version', 9, upgrade]
  const up: Update = [kraft, 1, upgrade]
  for (const updates of [
    [up, bad],
    [bad, up],
  ]) {
    assert.match(update(fixture, ...updates), /^95 Invalid update version 9 for feature share\.version/)
    assert.equal(fixture.kraftVersion, 0)
  }
  fixture.hasVotersFor1 = false
  assert.match(update(fixture, ['group.version', 0, safe], up), /^95 not all of the voters/)
  assert.equal(fixture.controller.state.features.get('group.version'), 1)
  fixture.hasVotersFor1 = true
  assert.equal(update(fixture, ['group.version', 0, safe], up), '0 noOp')
  assert.deepEqual([fixture.kraftVersion, fixture.controller.state.features.get('group.version')], [1, undefined])
})

test('a record that says a level of kraft.version says nothing', () => {
  const fixture = new Fixture()
  written(fixture, { kind: 'featureLevel', value: { name: kraft, featureLevel: 1 } })
  assert.equal(fixture.controller.state.features.get(kraft), undefined)
  assert.equal(update(fixture, [kraft, 0, safe]), '')
})

test('controllers of the configuration must have registered, where they can', () => {
  const voters = { 'controller.quorum.voters': '1@127.0.0.1:9093,2@127.0.0.1:9094' }
  const fixture = new Fixture(voters)
  const silent = /^95 .* controller 2 has not registered, and may not support this feature$/
  for (const feature of ['group.version', kraft]) assert.match(update(fixture, [feature, 1, upgrade]), silent)
  const features = supportedFeatures.map(({ name, minLevel }) => ({
    name,
    minSupportedVersion: minLevel,
    maxSupportedVersion: minLevel,
  }))
  const value = registerControllerRecord.create({ controllerId: 2, features })
  written(fixture, { kind: 'registerController', value })
  assert.match(update(fixture, [kraft, 1, upgrade]), /^95 .* Controller 2 only supports versions 0-0$/)
  const older = new Fixture(voters)
  // 3.6-IV2: controllers do not register.
  written(older, { kind: 'featureLevel', value: { name: 'metadata.version', featureLevel: 14 } })
  assert.equal(update(older, [kraft, 1, upgrade]), 'noOp')
})
