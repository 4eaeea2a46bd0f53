/** The flags of `odradek produce` that say by which schemas keys and values are encoded. */

import type { PartEncoders } from '../client/record-json.ts'
import {
  type RegistryFlagValues,
  registryFlags,
  registryFlagsText,
  registryPlace,
} from '../registry-client/registry-flags.ts'
import { UsageError } from '../usage-error.ts'
import { namings, type SchemaChoice, schemaChoice, subjectNaming } from './choice.ts'
import { clientOptions, refuseRegistryFlags } from './client-options.ts'

export const encodingFlags = {
  ...registryFlags,
  schema: { type: 'string' },
  'key-schema': { type: 'string' },
  'schema-type': { type: 'string' },
  'key-schema-type': { type: 'string' },
  'subject-name': { type: 'string' },
  'look-up': { type: 'boolean' },
  message: { type: 'string' },
} as const

export const encodingFlagsText = `  --schema SCHEMA          values are JSON, or XML documents, and encoded by this schema, in Confluent's wire format: a file, which is
                           registered for the topic unless it is; id:N; latest, which is the newest one of the topic; SUBJECT@VERSION
  --key-schema SCHEMA      the same of keys
  --schema-type TYPE       what the file of --schema has in it: avro, json, protobuf or xml; by its ending (.avsc .json .proto .xsd) unless
                           told; --key-schema-type of that of --key-schema
  --subject-name NAME      under which subject a file is registered: ${namings.join(', ')}; by the topic unless told
  --look-up                a file is not registered, but has to be
  --message NAME           which message of a schema of Protobuf values are; the first one unless told
${registryFlagsText}`

interface EncodingFlagValues extends RegistryFlagValues {
  readonly schema?: string | undefined
  readonly 'key-schema'?: string | undefined
  readonly 'schema-type'?: string | undefined
  readonly 'key-schema-type'?: string | undefined
  readonly 'subject-name'?: string | undefined
  readonly 'look-up'?: boolean | undefined
  readonly message?: string | undefined
}

/**
 * What opens the encoders, or undefined where nothing is to be encoded. Throws UsageError; what it gives rejects with SchemaFailure, DiskError. Only
 * then the registry's formats are loaded, which takes a while.
 */
export function encoding(values: EncodingFlagValues, topic: string): (() => Promise<PartEncoders>) | undefined {
  const value = chosen('schema', values.schema, values['schema-type'])
  const key = chosen('key-schema', values['key-schema'], values['key-schema-type'])
  const naming = subjectNaming(values['subject-name'] ?? 'topic')
  const isLookedUp = values['look-up'] ?? false
  const given = [value, key].filter((it) => it !== undefined)
  const ofFile = (['subject-name', 'look-up'] as const).find((flag) => values[flag] !== undefined)
  if (ofFile !== undefined && given.every(({ kind }) => kind !== 'file'))
    throw new UsageError(`--${ofFile} is of a schema in a file`)
  if (values.message !== undefined && value === undefined) throw new UsageError('--message is of --schema')
  if (given.length === 0) {
    refuseRegistryFlags(values)
    return undefined
  }
  const place = registryPlace(values)
  return async () => {
    const { openEncoder } = await import('./encoding.ts')
    const common = { registry: await clientOptions(place), topic, naming, isLookedUp }
    return {
      key: key && (await openEncoder({ ...common, isKey: true, choice: key, message: undefined })),
      value: value && (await openEncoder({ ...common, isKey: false, choice: value, message: values.message })),
    }
  }
}

function chosen(flag: string, text: string | undefined, type: string | undefined): SchemaChoice | undefined {
  if (text !== undefined) return schemaChoice(flag, text, type)
  if (type !== undefined) throw new UsageError(`--${flag}-type is of --${flag}`)
  return undefined
}
