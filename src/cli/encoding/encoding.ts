/** Keys and values of `odradek produce` by a schema of a registry, in Confluent's wire format. */
import { DiskError } from '../../base/index.ts'
import { createEnv } from '../../env/index.ts'
import {
  type FoundSchema,
  headerName,
  SchemaClientError,
  type SchemaClientOptions,
  SchemaRegistry,
  type SchemaSerde,
  wholeSchema,
} from '../../registry/index.ts'
import { readText } from '../text-file.ts'
import { avroShape } from './avro.ts'
import type { SchemaChoice, SubjectNaming } from './choice.ts'
import { ofRegistry, SchemaFailure } from './failure.ts'
import { readJson } from './json.ts'
import { MisfitError, Place } from './place.ts'
import { MessageReader } from './protobuf.ts'

export interface EncodingOptions {
  readonly registry: SchemaClientOptions
  readonly topic: string
  readonly isKey: boolean
  readonly choice: SchemaChoice
  /** Of a file: where it is registered. */
  readonly naming: SubjectNaming
  /** Of a file: it is not registered, but has to be. */
  readonly isLookedUp: boolean
  /** Which message of a schema of Protobuf; undefined: the first one. */
  readonly message: string | undefined
}

/** Makes bytes of what stands in the input. */
export interface PartEncoder {
  /** Of a record that was read: it would name the schema that it was read with. */
  readonly header: string
  /** JSON, or an XML document. Rejects with what is wrong with it. */
  readonly ofText: (text: Uint8Array) => Promise<Uint8Array>
  /** As `readJson` has it; of an XML document, its text. Rejects with what is wrong with it. */
  readonly ofJson: (json: unknown) => Promise<Uint8Array>
}

interface Chosen extends FoundSchema {
  readonly id: number
}

/** Asks the registry for all that it needs, so that nothing is waited for later. Rejects with SchemaFailure, DiskError. */
export async function openEncoder(options: EncodingOptions): Promise<PartEncoder> {
  const registry = new SchemaRegistry(options.registry, createEnv({ keepsAlive: true }).clock)
  try {
    const chosen = await choose(registry, options)
    const toValue = await readerOf(registry, chosen, options.message)
    const serde = serdeOf(registry, chosen, options.message)
    return encoderOf(serde, { toValue, isText: chosen.schemaType === 'XML', ...options })
  } catch (error) {
    throw asFailure(error)
  }
}

function asFailure(error: unknown): unknown {
  if (error instanceof SchemaClientError) return ofRegistry(error)
  if (!(error instanceof Error) || error instanceof SchemaFailure || error instanceof DiskError) return error
  return new SchemaFailure(`schema: ${error.message}`, { cause: error })
}

function choose(registry: SchemaRegistry, options: EncodingOptions): Promise<Chosen> {
  const { choice } = options
  const { client } = registry
  if (choice.kind === 'file') return ofFile(registry, choice, options)
  if (choice.kind === 'id') return client.byId(choice.id).then((found) => ({ ...found, id: choice.id }))
  if (choice.kind === 'latest') return client.latest(choice.subject ?? subjectOf('topic', options, undefined))
  const { subject } = choice
  return client.byVersion(choice).then(async (found) => ({ ...found, id: (await client.lookUp(subject, found)).id }))
}

/** In characters, of what a registry takes: a million; in bytes at most three times as many. */
const fileBytesMax = 3_000_000

async function ofFile(
  { client }: SchemaRegistry,
  { path, schemaType }: SchemaChoice & { readonly kind: 'file' },
  options: EncodingOptions,
): Promise<Chosen> {
  const given = { schemaType, schema: await readText(path, fileBytesMax), references: [] }
  const { naming, isLookedUp } = options
  const subject = subjectOf(naming, options, naming === 'topic' ? undefined : nameIn(given, options.message))
  const { id } = await (isLookedUp ? client.lookUp(subject, given) : client.register(subject, given))
  return { ...given, id }
}

function subjectOf(naming: SubjectNaming, { topic, isKey }: EncodingOptions, name: string | undefined): string {
  if (naming === 'topic') return `${topic}-${isKey ? 'key' : 'value'}`
  if (name === undefined)
    throw new SchemaFailure(`the schema has no name by which it could be registered: --subject-name topic does without`)
  return naming === 'record' ? name : `${topic}-${name}`
}

/** Of the record, message or title, as serdes have it. */
function nameIn({ schemaType, schema }: FoundSchema, message: string | undefined): string | undefined {
  if (schemaType === 'AVRO') return avroShape(schema, []).name
  if (schemaType === 'PROTOBUF') return new MessageReader(schema, [], message).name
  if (schemaType !== 'JSON') return undefined
  const { title } = Object(JSON.parse(schema))
  return typeof title === 'string' ? title : undefined
}

type ToValue = (json: unknown) => unknown

async function readerOf({ client }: SchemaRegistry, chosen: Chosen, message: string | undefined): Promise<ToValue> {
  const { schemaType, schema } = chosen
  if (schemaType === 'JSON') return (json) => json
  if (schemaType === 'XML')
    return (json) => (typeof json === 'string' ? json : new Place().misfit(json, 'an XML document'))
  const texts = (await wholeSchema(client, chosen)).resolved.map(({ text }) => text)
  if (schemaType === 'PROTOBUF') {
    const reader = new MessageReader(schema, texts, message)
    return (json) => reader.read(json)
  }
  if (schemaType !== 'AVRO') throw new SchemaFailure(`schemas of type ${schemaType} are not known here`)
  const { shape } = avroShape(schema, texts)
  return (json) => shape.ofJson(json, new Place())
}

type Serializing = Pick<SchemaSerde<unknown>, 'serialize'>

/** Writes with the id of this schema, whatever subject it is of. */
function serdeOf(registry: SchemaRegistry, chosen: Chosen, message: string | undefined): Serializing {
  const { id, schemaType, schema, references } = chosen
  const options = { registration: { id }, references }
  if (schemaType === 'JSON') return registry.json(schema, options)
  if (schemaType === 'XML') return registry.xml(schema, options)
  if (schemaType === 'AVRO') return registry.avro(schema, { ...options, longs: 'bigint' })
  return registry.protobuf(schema, { ...options, longs: 'bigint', ...(message !== undefined && { message }) })
}

interface Encoding extends EncodingOptions {
  readonly toValue: ToValue
  /** The text is the value, else it is JSON. */
  readonly isText: boolean
}

/** What deletes a key is null, and serdes make that of each null. */
const noNull = 'null is no value that could be written: --null tells what stands for the want of one'

const strict = new TextDecoder('utf-8', { fatal: true })

/** As JSON, or a document. */
async function textOf(text: Uint8Array, isDocument: boolean): Promise<unknown> {
  const decoded = strict.decode(text)
  return isDocument ? decoded : readJson(decoded)
}

/** What is wrong with a value is told by its path alone: it is what lines are of. */
async function told<T>(made: Promise<T>, isKey: boolean): Promise<T> {
  try {
    return await made
  } catch (error) {
    if (!isKey || !(error instanceof Error)) throw error
    throw new MisfitError(`key: ${error.message}`, { cause: error })
  }
}

function encoderOf(serde: Serializing, { toValue, isText, topic, isKey }: Encoding): PartEncoder {
  const ofJson = async (json: unknown): Promise<Uint8Array> => {
    if (json === null) throw new MisfitError(noNull)
    const bytes = await serde.serialize(toValue(json), { topic, isKey, headers: [] })
    if (bytes === null) throw new MisfitError(noNull)
    return bytes
  }
  return {
    header: headerName(isKey),
    ofJson: (json) => told(ofJson(json), isKey),
    ofText: (text) => told(textOf(text, isText).then(ofJson), isKey),
  }
}
