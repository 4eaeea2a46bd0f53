/** Whether a schema may follow others, by the level that is set. */
import type { Incompatibility, ParsedSchema } from './formats/format.ts'
import type { CompatibilityLevel } from './settings.ts'

export interface EarlierSchema {
  readonly version: number
  readonly text: string
  readonly parsed: ParsedSchema
}

/**
 * What hinders it, as texts; empty where nothing does. `earlier` in the order of its versions. The last one counts, or all where the level
 * is a transitive one: then it ends with the first that does not fit, from the last one back.
 */
export function compatibilityErrors(
  level: CompatibilityLevel,
  schema: ParsedSchema,
  earlier: readonly EarlierSchema[],
): readonly string[] {
  if (level === 'NONE') return []
  const compared = level.endsWith('_TRANSITIVE') ? earlier.toReversed() : earlier.slice(-1)
  for (const { version, text, parsed } of compared) {
    const found = [
      ...(level.startsWith('FORWARD') ? [] : schema.incompatibilities(parsed)),
      ...(level.startsWith('BACKWARD') ? [] : parsed.incompatibilities(schema)),
    ]
    if (found.length === 0) continue
    return [...found.map(textOf), `{oldSchemaVersion: ${version}}`, `{oldSchema: '${text}'}`]
  }
  return []
}

const textOf = ({ type, description, additionalInfo }: Incompatibility): string =>
  `{errorType:'${type}', description:'${description}', additionalInfo:'${additionalInfo}'}`
