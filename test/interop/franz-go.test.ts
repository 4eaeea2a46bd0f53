/** franz-go, a client in Go that shares no code with the others: produce, consume with both group protocols. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { franzGo, skipWithoutGo } from './franz-go.ts'
import { records, uniqueName } from './kit.ts'
import { skipMember } from './member.ts'
import { createTopic } from './topics.ts'

const count = records(1000)

for (const protocol of ['classic', 'consumer']) {
  test(`what it produced it reads, in a group of the ${protocol} protocol`, {
    skip: skipMember(`franz-go, ${protocol}`),
  }, async () => {
    const topic = await createTopic({ prefix: 'franz-go', partitions: 3 })
    await franzGo('produce', { topic, count, idempotent: true, codec: 'zstd' })
    const lines = await franzGo('consume', { topic, group: uniqueName('franz-go'), count, protocol })
    assert.deepEqual(
      new Set(lines.map(({ value }) => value)),
      new Set(Array.from({ length: count }, (_, i) => `value-${i}`)),
    )
    assert.deepEqual(lines[0]?.['headers'], { source: 'franz-go' })
    for (const { key, value } of lines) assert.equal(String(key).split('-')[1], String(value).split('-')[1])
  })
}

for (const acks of [-1, 1]) {
  test(`not idempotent, acks=${acks}; a group goes on where it committed`, { skip: skipWithoutGo() }, async () => {
    const topic = await createTopic({ prefix: 'franz-go' })
    const group = uniqueName('franz-go')
    const values: unknown[] = []
    for (const prefix of ['a', 'b']) {
      await franzGo('produce', { topic, count: 10, prefix, acks })
      values.push(...(await franzGo('consume', { topic, group, count: 10 })).map(({ value }) => value))
    }
    assert.deepEqual(
      values,
      ['a', 'b'].flatMap((prefix) => Array.from({ length: 10 }, (_, i) => `${prefix}${i}`)),
    )
  })
}
