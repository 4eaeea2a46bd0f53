import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { featureDependencies, versionMapping } from './feature-lines.ts'

const refusal = (message: string | RegExp) => ({ name: 'StorageError', message })

describe('what is asked of features without a cluster', () => {
  it('is which of them a release begins with', () => {
    assert.deepEqual(versionMapping('4.0'), [
      'metadata.version=25 (4.0)',
      'kraft.version=1',
      'transaction.version=2',
      'group.version=1',
      'eligible.leader.replicas.version=0',
      'share.version=0',
      'streams.version=0',
    ])
    assert.deepEqual(versionMapping().slice(0, 2), ['metadata.version=30 (4.3-IV0)', 'kraft.version=1'])
    assert.deepEqual(versionMapping('3.8').slice(0, 2), ['metadata.version=20 (3.8)', 'kraft.version=0'])
    assert.equal(versionMapping('4.4-IV0')[0], 'metadata.version=31 (4.4-IV0)')
    assert.throws(() => versionMapping('4.4'), refusal(/^Unknown metadata\.version '4\.4'\. .*, 4\.3-IV0, 4\.4-IV0$/))
  })

  it('is what a level of one needs', () => {
    assert.deepEqual(featureDependencies('eligible.leader.replicas.version=1'), [
      'eligible.leader.replicas.version=1 requires:',
      '    metadata.version=23 (4.0-IV1)',
    ])
    assert.deepEqual(featureDependencies(' kraft.version = 1'), ['kraft.version=1 has no dependencies.'])
    assert.deepEqual(featureDependencies('metadata.version=31'), ['metadata.version=31 (4.4-IV0) has no dependencies.'])
  })

  const refused: readonly (readonly [text: string, message: string])[] = [
    ['x', "Invalid feature format: x. Expected format: 'feature=version' (e.g. 'group.version=1')"],
    ['x=1', 'Unknown feature: x'],
    ['x=a', 'Invalid version format: a for feature x'],
    ['group.version=32768', 'Invalid version format: 32768 for feature group.version'],
    ['group.version=2', 'Feature level 2 is not supported for feature group.version'],
    ['group.version=-1', 'Feature level -1 is not supported for feature group.version'],
    ['metadata.version=6', 'Unknown metadata.version 6'],
  ]
  for (const [text, message] of refused) {
    it(`is not '${text}'`, () => {
      assert.throws(() => featureDependencies(text), refusal(message))
    })
  }
})
