/** Keys and values of `odradek consume` by the schemas that they name, whatever their formats. */
import type { ConsumedRecord } from '../../client/index.ts'
import { createEnv } from '../../env/index.ts'
import {
  type FoundSchema,
  SchemaClientError,
  type SchemaClientOptions,
  type SchemaId,
  SchemaRegistry,
  type SchemaSerde,
  unframed,
  wholeSchema,
} from '../../registry/index.ts'
import type { DecodedPart, DecodedRecord } from '../client/record-decoded.ts'
import { avroShape } from './avro.ts'
import { ofRegistry } from './failure.ts'
import { readJson, writeJson } from './json.ts'
import { messageJson } from './protobuf.ts'

type Given = ConsumedRecord<Uint8Array | null, Uint8Array | null>

export interface DecodingOptions {
  readonly registry: SchemaClientOptions
  readonly decodesKeys: boolean
  readonly decodesValues: boolean
}

interface Format {
  readonly serde: Pick<SchemaSerde<unknown>, 'deserialize'>
  /** What the serde has made of it, as JSON. `payload` is what it has made it of. */
  readonly toJson: (value: unknown, payload: Buffer) => unknown
}

interface Known extends Format {
  readonly type: string
}

/** So many are kept: who writes chooses which there are. */
const knownMax = 1000
/** So long a schema that is not there, or is none, is not asked for again: all records may name it. */
const missingMs = 1000

export class RecordDecoding {
  readonly #options: DecodingOptions
  readonly #registry: SchemaRegistry
  readonly #serdes: ReadonlyMap<string, Format['serde']>
  /** By id, or GUID. */
  readonly #known = new Map<number | string, Promise<Known>>()
  readonly #missingSinceMs = new Map<number | string, number>()

  constructor(options: DecodingOptions) {
    this.#options = options
    const registry = new SchemaRegistry(options.registry, createEnv({ keepsAlive: true }).clock)
    this.#registry = registry
    this.#serdes = new Map<string, Format['serde']>([
      ['AVRO', registry.avro(undefined, { longs: 'bigint' })],
      // What does not fit its schema is there all the same, and who reads wants to see it.
      ['JSON', registry.json(undefined, { validate: false })],
      ['PROTOBUF', registry.protobuf(undefined, { longs: 'bigint' })],
      ['XML', registry.xml(undefined, { validate: false })],
    ])
  }

  /** Rejects with SchemaFailure where the registry does not answer: what is wrong with the record is told in what it resolves to. */
  async decoded(record: Given): Promise<DecodedRecord> {
    const { decodesKeys, decodesValues } = this.#options
    const key = decodesKeys ? await this.#part(record, record.key, true) : undefined
    const value = decodesValues ? await this.#part(record, record.value, false) : undefined
    const errors = [key instanceof Error && `key: ${key.message}`, value instanceof Error && `value: ${value.message}`]
    const error = errors.filter((it) => it !== false).join('; ')
    return {
      key: key instanceof Error ? undefined : key,
      value: value instanceof Error ? undefined : value,
      error: error === '' ? undefined : error,
    }
  }

  /** Undefined: it is null. */
  async #part(record: Given, bytes: Uint8Array | null, isKey: boolean): Promise<DecodedPart | Error | undefined> {
    if (bytes === null) return undefined
    const { topic, headers } = record
    try {
      const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const { schema, payload } = unframed(given, headers, isKey)
      const { type, serde, toJson } = await this.#knownBy(schema)
      const json = toJson(await serde.deserialize(given, { topic, isKey, headers }), payload)
      return { json, text: type === 'XML' ? String(json) : writeJson(json), schema: { ...schema, type } }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      if (isOfRegistry(error)) throw ofRegistry(error)
      return error
    }
  }

  #knownBy(schema: SchemaId): Promise<Known> {
    const name = 'id' in schema ? schema.id : schema.guid
    const sinceMs = this.#missingSinceMs.get(name)
    const known = this.#known.get(name)
    if (known !== undefined && (sinceMs === undefined || performance.now() - sinceMs < missingMs)) return known
    this.#missingSinceMs.delete(name)
    this.#known.delete(name)
    const asked = this.#ask(schema)
    asked.catch(() => this.#missingSinceMs.set(name, performance.now()))
    this.#known.set(name, asked)
    const [oldest = name] = this.#known.keys()
    if (this.#known.size > knownMax) {
      this.#known.delete(oldest)
      this.#missingSinceMs.delete(oldest)
    }
    return asked
  }

  async #ask(schema: SchemaId): Promise<Known> {
    const { client } = this.#registry
    const found = 'id' in schema ? await client.byId(schema.id) : await client.byGuid(schema.guid)
    const serde = this.#serdes.get(found.schemaType)
    if (serde === undefined) throw new TypeError(`schemas of type ${found.schemaType} are not known here`)
    return { type: found.schemaType, serde, toJson: await this.#toJson(found) }
  }

  async #toJson(found: FoundSchema): Promise<Format['toJson']> {
    if (found.schemaType === 'PROTOBUF') return messageJson
    // Read once more, for the digits of its numbers.
    if (found.schemaType === 'JSON') return (_value, payload) => readJson(utf8.decode(payload))
    if (found.schemaType === 'XML') return (value) => value
    const { resolved } = await wholeSchema(this.#registry.client, found)
    const texts = resolved.map(({ text }) => text)
    const { shape } = avroShape(found.schema, texts)
    return shape.toJson
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** It may be well again; what it surely does not have is the fault of the record. */
const isOfRegistry = (error: Error): boolean => error instanceof SchemaClientError && !error.isNotFound
