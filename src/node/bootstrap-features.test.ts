import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootstrapFeatureLevels, featureRecords, parseFeatureLevels } from './bootstrap-features.ts'
import { metadataVersionOfRelease } from './feature-rules.ts'

const levelsOf = (releaseVersion: string | undefined, ...features: readonly string[]): ReadonlyMap<string, number> =>
  bootstrapFeatureLevels({
    levels: parseFeatureLevels(features),
    ...(releaseVersion === undefined ? {} : { releaseVersion }),
  })

/** What `kafka-storage version-mapping` of 4.3.1 prints: metadata, transaction, group, replicas, share, streams. */
const mapping: Readonly<Record<string, readonly number[]>> = {
  '3.3-IV3': [7, 0, 0, 0, 0, 0],
  '3.4': [8, 0, 0, 0, 0, 0],
  '3.5': [11, 0, 0, 0, 0, 0],
  '3.9-IV0': [21, 0, 0, 0, 0, 0],
  '4.0-IV0': [22, 0, 1, 0, 0, 0],
  '4.0-IV1': [23, 0, 1, 0, 0, 0],
  '4.0-IV2': [24, 2, 1, 0, 0, 0],
  '4.0': [25, 2, 1, 0, 0, 0],
  '4.1-IV0': [26, 2, 1, 1, 0, 0],
  '4.1': [27, 2, 1, 1, 0, 0],
  '4.2-IV0': [28, 2, 1, 1, 1, 0],
  '4.2': [29, 2, 1, 1, 1, 1],
  '4.3': [30, 2, 1, 1, 1, 1],
}
const columns = [
  'metadata.version',
  'transaction.version',
  'group.version',
  'eligible.leader.replicas.version',
  'share.version',
  'streams.version',
]

describe('features of a new cluster', () => {
  for (const [release, expected] of Object.entries(mapping)) {
    it(`are those of ${release}`, () => {
      const levels = levelsOf(release)
      assert.deepEqual(
        columns.map((name) => levels.get(name)),
        expected,
      )
    })
  }

  it('are the latest unless told, or those of a metadata.version given as a feature', () => {
    assert.equal(levelsOf(undefined).get('metadata.version'), 30)
    assert.deepEqual(levelsOf(undefined, 'metadata.version=20'), levelsOf('3.8'))
    assert.deepEqual(levelsOf('4.3.1'), levelsOf(undefined))
  })

  it('may be set one by one, the last time counts, and level 0 is no record', () => {
    const levels = levelsOf(undefined, 'share.version=1', ' share.version = 0 ', 'transaction.version=+1')
    assert.equal(levels.get('share.version'), 0)
    assert.equal(levels.get('transaction.version'), 1)
    assert.equal(levelsOf('3.8', 'group.version=1').get('group.version'), 1)
    assert.deepEqual([...levels.keys()].slice(0, 3), [
      'metadata.version',
      'eligible.leader.replicas.version',
      'group.version',
    ])
    assert.equal(featureRecords(levels).length, 5)
  })

  /** Kafka's words. */
  const refused: readonly (readonly [
    features: readonly string[],
    release: string | undefined,
    message: string | RegExp,
  ])[] = [
    [['x'], undefined, "Can't parse feature=level string x: equals sign not found."],
    [['x=1=2'], undefined, "Can't parse feature=level string x=1=2: unable to parse 1=2 as a short."],
    [['group.version='], undefined, "Can't parse feature=level string group.version=: unable to parse  as a short."],
    [['group.version=32768'], undefined, /unable to parse 32768 as a short\.$/],
    [
      ['x=1'],
      undefined,
      'Unsupported feature: x. Supported features are: eligible.leader.replicas.version, group.version, kraft.version, ' +
        'share.version, streams.version, transaction.version',
    ],
    [['group.version=2'], undefined, 'No feature:group.version with feature level 2'],
    [['group.version=-1'], undefined, 'No feature:group.version with feature level -1'],
    [['kraft.version=1'], undefined, /^Cannot set kraft.version to 1 unless controller.quorum.voters is empty/],
    [
      ['metadata.version=3'],
      undefined,
      'No MetadataVersion with feature level 3. Valid feature levels are from 7 to 31.',
    ],
    [['metadata.version=31'], undefined, 'metadata.version 4.4-IV0 is not yet stable.'],
    [
      ['metadata.version=20'],
      '3.8',
      'Use --release-version instead of --feature metadata.version=X to avoid ambiguity.',
    ],
    [
      ['eligible.leader.replicas.version=1'],
      '3.9',
      'eligible.leader.replicas.version could not be set to 1 because it depends on metadata.version level 23',
    ],
  ]
  for (const [features, release, message] of refused) {
    it(`refuses ${features.join(' ')} at ${release ?? 'the latest'}`, () => {
      assert.throws(() => levelsOf(release, ...features), { name: 'StorageError', message })
    })
  }

  it('refuses a release that it does not know, and names those that it does', () => {
    for (const release of ['', '4', ' 4.3', '3.2', '4.4', '4.3-IV', 'junk']) {
      const message = /^Unknown metadata\.version '.*'\. Supported metadata\.version are: 3\.3-IV3, .*, 4\.3-IV0$/
      assert.throws(() => metadataVersionOfRelease(release), { name: 'StorageError', message })
    }
  })
})
