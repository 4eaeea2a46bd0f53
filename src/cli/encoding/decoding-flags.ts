/** The flags of `odradek consume` that say what is decoded. */
import {
  type RegistryFlagValues,
  registryFlags,
  registryFlagsText,
  registryPlace,
} from '../registry-client/registry-flags.ts'
import { clientOptions, refuseRegistryFlags } from './client-options.ts'
import type { RecordDecoding } from './decoding.ts'

export const decodingFlags = {
  ...registryFlags,
  schema: { type: 'boolean' },
  'key-schema': { type: 'boolean' },
} as const

export const decodingFlagsText = `  --schema                 each value is decoded by the schema that it names, in Confluent's wire format, and written as JSON on a line, XML
                           as it is; what cannot be decoded is told on the standard error, left out unless there is --json, and
                           makes the exit code 1
  --key-schema             the same of keys
${registryFlagsText}`

interface DecodingFlagValues extends RegistryFlagValues {
  readonly schema?: boolean | undefined
  readonly 'key-schema'?: boolean | undefined
}

/**
 * What opens the decoding, or undefined where nothing is to be decoded. Throws UsageError. Only then the registry's formats are loaded,
 * which takes a while.
 */
export function decoding(values: DecodingFlagValues): (() => Promise<RecordDecoding>) | undefined {
  const { schema: decodesValues = false, 'key-schema': decodesKeys = false } = values
  if (!decodesValues && !decodesKeys) {
    refuseRegistryFlags(values)
    return undefined
  }
  const place = registryPlace(values)
  return async () => {
    const { RecordDecoding } = await import('./decoding.ts')
    return new RecordDecoding({ registry: await clientOptions(place), decodesKeys, decodesValues })
  }
}
