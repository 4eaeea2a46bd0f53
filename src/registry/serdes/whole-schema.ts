/** A schema with all that it refers to, directly or not, asked for one after the other. */
import type { SchemaReference } from '../stored-schema.ts'
import type { WholeSchema } from './codec.ts'
import type { FoundSchema, SchemaClient } from './schema-client.ts'

/** So many schemas may refer to each other. */
const resolvedMax = 1000

/** What another one refers to comes before it. Rejects with SchemaClientError, and with TypeError where these are too many. */
export async function wholeSchema(
  client: Pick<SchemaClient, 'byVersion'>,
  { schema, references }: Pick<FoundSchema, 'schema' | 'references'>,
): Promise<WholeSchema> {
  const resolved: { readonly name: string; readonly text: string }[] = []
  const begun = new Set<string>()
  const resolve = async (all: readonly SchemaReference[]): Promise<void> => {
    for (const { name, subject, version } of all) {
      if (begun.has(name)) continue
      begun.add(name)
      if (begun.size > resolvedMax) throw new TypeError(`a schema refers to more than ${resolvedMax} others`)
      const found = await client.byVersion({ subject, version })
      await resolve(found.references)
      resolved.push({ name, text: found.schema })
    }
  }
  await resolve(references)
  return { schema, references, resolved }
}
