/** Schemas put into the topic of a registry as the registry itself keeps them. */
import { guidOf } from '../../src/registry/fingerprint.ts'
import { encodeRecord } from '../../src/registry/store/registry-record.ts'
import { Kafka } from '../../src/stack/client.ts'
import type { Given } from './many.ts'
import { typeOf } from './samples.ts'

const chunk = 1000

/** Those behind the first `known`, with the ids that come next. No registry may run meanwhile. */
export async function keepSchemas(
  { bootstrap, topic }: { readonly bootstrap: string; readonly topic: string },
  all: readonly Given[],
  known: number,
): Promise<void> {
  await using producer = new Kafka({ bootstrapServers: bootstrap }).producer()
  for (let from = known; from < all.length; from += chunk) {
    const records = all.slice(from, from + chunk).map(({ subject, version, format, schema }, i) => {
      const content = { schema, references: [], metadata: undefined, ruleSet: undefined }
      const own = { subject, version, id: from + i + 1, guid: guidOf(content), schemaType: typeOf(format) }
      const value = { ...content, ...own, deleted: false, timestampMs: 0 }
      const encoded = encodeRecord({ kind: 'schema', subject, version, value })
      return { partition: 0, key: Buffer.from(encoded.key), value: Buffer.from(encoded.value ?? '') }
    })
    await producer.sendAll(topic, records)
  }
}
