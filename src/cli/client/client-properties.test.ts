import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../config/index.ts'
import { UsageError } from '../usage-error.ts'
import { ClientProperties } from './client-properties.ts'

const properties = (pairs: readonly string[], file: Readonly<Record<string, string>> = {}) =>
  ClientProperties.of({ file: new Map(Object.entries(file)), pairs, given: new Map() })

test('properties of a producer are its options, by their kinds; a pair goes before the file', () => {
  const file = { 'client.rack': 'b', 'partitioner.ignore.keys': 'TRUE', 'partitioner.availability.timeout.ms': '100' }
  const given = properties(['client.rack=a', 'partitioner.rack.aware=true', 'acks=1'], file)
  assert.deepEqual(given.producer(), {
    clientRack: 'a',
    partitionerRackAware: true,
    partitionerIgnoreKeys: true,
    partitionerAvailabilityTimeoutMs: 100,
    acks: 1,
  })
  assert.deepEqual(given.consumer(), { clientRack: 'a' })
})

test('a value of another kind is refused, and so is a pair that nobody knows; of a file the name is told', () => {
  assert.throws(() => properties(['partitioner.rack.aware=near']).producer(), ConfigError)
  assert.throws(() => properties(['partitioner.rack=a']), UsageError)
  assert.deepEqual(properties([], { 'partitioner.rack': 'a' }).unknownNames, ['partitioner.rack'])
})
