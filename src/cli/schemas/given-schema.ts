/** A schema that the command line names: a file, its type, and what it refers to. */

import type { SchemaReference } from '../../registry/index.ts'
import type { Given } from '../given.ts'
import { eachAtMostEight } from '../registry-client/at-most.ts'
import type { RegistryCalls, SchemaContent } from '../registry-client/registry-calls.ts'
import { typeByEnding, typeEndings } from '../registry-client/schema-types.ts'
import { placeOf } from '../registry-client/subject-place.ts'
import { readTextOrInput } from '../text-file.ts'
import { UsageError } from '../usage-error.ts'

/** Throws UsageError. */
function typeOf(path: string, given: string | undefined): string {
  if (given !== undefined) return given.toUpperCase()
  const known = typeByEnding(path)
  if (known !== undefined) return known
  if (path === '-') throw new UsageError('--type is needed for the standard input')
  const endings = typeEndings.map(([it]) => it).join(', ')
  throw new UsageError(`--type is needed: '${path}' has none of the endings ${endings}`)
}

/** `NAME=SUBJECT@VERSION`. The name may have an `=` itself, as URLs have. Throws UsageError. */
function referenceOf(text: string): { readonly name: string; readonly place: ReturnType<typeof placeOf> } {
  const equals = text.lastIndexOf('=')
  const [name, place] = [text.slice(0, equals), text.slice(equals + 1)]
  if (equals <= 0 || place === '') throw new UsageError(`--reference takes NAME=SUBJECT@VERSION, not '${text}'`)
  return { name, place: placeOf(place) }
}

/** Without a version it is the one that is the newest now. Throws UsageError, DiskError, RegistryCallError. */
export async function givenSchema(registry: RegistryCalls, path: string, given: Given): Promise<SchemaContent> {
  const schemaType = typeOf(path, given.text('type'))
  const wanted = given.texts('reference').map(referenceOf)
  const schema = await readTextOrInput(path)
  const references = await eachAtMostEight(wanted, async ({ name, place }): Promise<SchemaReference> => {
    const { subject, version = 'latest' } = place
    const number = version === 'latest' ? (await registry.version(subject, version)).version : version
    return { name, subject, version: number }
  })
  return { schemaType, schema, references }
}
