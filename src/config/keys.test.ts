import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { brokerKeys } from './broker-keys.ts'
import { clientMetricsKeys } from './client-metrics-keys.ts'
import { type ConfigKeys, parseKey } from './config-def.ts'
import { groupKeys } from './group-keys.ts'
import { topicKeys } from './topic-keys.ts'
import { groupSynonym, topicSynonyms } from './topic-synonyms.ts'
import { validatorText } from './validators.ts'

interface Reference {
  readonly name: string
  readonly type: string
  readonly default?: string | null
  readonly required?: boolean
  readonly valid?: string
  readonly importance: string
  readonly update?: string
  readonly internal?: boolean
  readonly synonyms?: readonly string[]
  readonly brokerSynonyms?: readonly string[]
  readonly brokerSynonym?: string
}

type Tables = Readonly<Record<'broker' | 'topic' | 'group' | 'client-metrics', readonly Reference[]>>

const compressed = readFileSync(new URL('testdata/configs.json.zst', import.meta.url))
const tables: Tables = JSON.parse(zstdDecompressSync(compressed).toString())

function reference(keys: ConfigKeys): readonly Reference[] {
  return Object.entries(keys).map(([name, key]) => ({
    name,
    type: key.type,
    ...(key.required ? { required: true } : { default: key.defaultText }),
    ...(key.validator === undefined ? {} : { valid: validatorText(key.validator) }),
    importance: key.importance,
    ...(key.update === 'read-only' ? {} : { update: key.update }),
    ...(key.internal ? { internal: true } : {}),
    ...(key.synonyms.length === 0 ? {} : { synonyms: key.synonyms }),
  }))
}

const byName = (rows: readonly Reference[]) => Object.fromEntries(rows.map((row) => [row.name, row]))

describe('tables of keys', () => {
  it('broker keys are those of Kafka 4.3.1', () => {
    assert.equal(tables.broker.length, 360)
    assert.deepEqual(byName(reference(brokerKeys)), byName(tables.broker))
  })

  it('topic keys are those of Kafka 4.3.1, with their broker synonyms', () => {
    const ours = reference(topicKeys).map((row) => {
      const synonyms = topicSynonyms(row.name).map((synonym) => synonym.name)
      return synonyms.length === 0 ? row : { ...row, brokerSynonyms: synonyms }
    })
    assert.deepEqual(byName(ours), byName(tables.topic))
  })

  it('group keys are those of Kafka 4.3.1, with their broker synonyms', () => {
    const ours = reference(groupKeys).map((row) => {
      const synonym = groupSynonym(row.name)
      return synonym === undefined ? row : { ...row, brokerSynonym: synonym }
    })
    assert.deepEqual(byName(ours), byName(tables.group))
  })

  it('client metrics keys are those of Kafka 4.3.1', () => {
    assert.deepEqual(byName(reference(clientMetricsKeys)), byName(tables['client-metrics']))
  })

  for (const keys of [brokerKeys, topicKeys, groupKeys, clientMetricsKeys]) {
    it(`defaults parse, and are valid where Kafka demands it (${Object.keys(keys).length} keys)`, () => {
      for (const [name, key] of Object.entries<ConfigKeys[string]>(keys)) {
        if (key.required) continue
        assert.doesNotThrow(() => parseKey(name, key, null), name)
        if (key.defaultText !== null) assert.doesNotThrow(() => parseKey(name, key, key.defaultText), name)
        assert.match(key.doc, /^.+[.]$/, name)
      }
    })
  }

  for (const name of ['broker', 'topic', 'group', 'client-metrics'] as const) {
    const file = new URL(`../../../shared/reference/${name}-configs.json`, import.meta.url)
    it(`the copy of ${name}-configs.json is current`, { skip: !existsSync(file) }, () => {
      assert.deepEqual(tables[name], JSON.parse(readFileSync(file, 'utf8')))
    })
  }
})
