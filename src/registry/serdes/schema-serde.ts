/**
 * Keys and values by schemas of a registry. The schema that one is written with is named in the bytes, or in a header; who reads asks
 * the registry for it, once. When it is known nothing is waited for.
 */
import type { DeserializeContext, Serde, SerializeContext } from '../../client/index.ts'
import type { SchemaReference } from '../stored-schema.ts'
import type { Codec, Decode, Encoder, WholeSchema } from './codec.ts'
import { type RegisteredSchema, type SchemaClient, SchemaClientError } from './schema-client.ts'
import { type SubjectNameStrategy, subjectName } from './subject-names.ts'
import { wholeSchema } from './whole-schema.ts'
import { guidHeader, idBefore, idHead, idSize, type SchemaId, unframed, WireFormatError } from './wire-format.ts'

export interface Undecodable {
  readonly bytes: Buffer
  readonly context: DeserializeContext
  readonly error: unknown
}

type Registration = 'register' | 'look-up' | 'latest' | { readonly id: number }

export interface SchemaSerdeOptions<Instead = never> {
  /** What the schema refers to. */
  readonly references?: readonly SchemaReference[]
  /**
   * `register` (default) registers the schema where it is not, `look-up` fails then, and `latest` writes with the newest version of the
   * subject, whatever schema is given here. With an id it is registered already, under whatever subject, and nothing is asked for; a header
   * cannot name it then, which takes a GUID.
   */
  readonly registration?: Registration
  /** What means the same is one schema. Default false. */
  readonly normalize?: boolean
  /** Default `topic`: `orders-value`. */
  readonly subject?: SubjectNameStrategy
  /** Where the schema is named: before the payload (default), or in a header, by its GUID. */
  readonly schemaIdIn?: 'payload' | 'header'
  /**
   * Gets what cannot be decoded, and says what is handed out instead; without it that is an error of the loop. The place to send it to
   * another topic. A registry that does not answer is no reason.
   */
  readonly deadLetter?: (undecodable: Undecodable) => Instead | Promise<Instead>
}

interface Writing<T> extends RegisteredSchema {
  readonly encoder: Encoder<T>
  /** Comes before each payload, unless a header tells the schema. */
  readonly head: Buffer
}

/** So many decoders are kept: the registry has a schema for each, but who writes chooses which. */
const decodersMax = 1000

export class SchemaSerde<T, Instead = never> implements Serde<T | Instead> {
  readonly #client: SchemaClient
  readonly #codec: Codec<T>
  readonly #schema: string | undefined
  readonly #options: SchemaSerdeOptions<Instead>
  /** By topic. */
  readonly #writingKeys = new Map<string, Writing<T>>()
  readonly #writingValues = new Map<string, Writing<T>>()
  /** What is asked for now, by topic, and for keys or values: however many records wait for it, it is asked for once. */
  readonly #beginning = new Map<string, Promise<Writing<T>>>()
  /** By id, or GUID. */
  readonly #decoders = new Map<number | string, Decode<T>>()
  /** The one that was used last, most likely the next one as well: to compare an id takes less than to look it up. */
  #lastId: number | undefined
  #lastDecoder: Decode<T> | undefined
  readonly #resolving = new Map<number | string, Promise<Decode<T>>>()
  #own: Promise<WholeSchema> | undefined

  /** Without a schema: what is read is as it was written, and what is written is by the newest version. */
  constructor(
    client: SchemaClient,
    {
      codec,
      schema,
      options,
    }: { readonly codec: Codec<T>; readonly schema: string | undefined; readonly options: SchemaSerdeOptions<Instead> },
  ) {
    const { registration = 'latest', schemaIdIn } = options
    const isById = typeof registration === 'object'
    if (schema === undefined && registration !== 'latest')
      throw new TypeError(`registration ${isById ? 'by an id' : `'${registration}'`} needs a schema`)
    if (isById && schemaIdIn === 'header') throw new TypeError('a header names a schema by its GUID, and not by an id')
    this.#client = client
    this.#codec = codec
    this.#schema = schema
    this.#options = options
  }

  serialize(value: T | Instead, context: SerializeContext): Uint8Array | null | Promise<Uint8Array | null> {
    if (value === null || value === undefined) return null
    const { topic, isKey } = context
    const writing = this.#writing(isKey).get(topic)
    if (writing !== undefined) return this.#written(writing, value as T, context)
    return this.#begin(topic, isKey).then((begun) => this.#written(begun, value as T, context))
  }

  #writing(isKey: boolean): Map<string, Writing<T>> {
    return isKey ? this.#writingKeys : this.#writingValues
  }

  #written({ guid, encoder, head }: Writing<T>, value: T, { isKey, headers }: SerializeContext): Uint8Array {
    if (this.#options.schemaIdIn !== 'header') return encoder.encode(value, head)
    const payload = encoder.encode(value)
    if (guid === undefined) throw new TypeError('the registry tells no GUIDs: the schema cannot be named in a header')
    headers.push(guidHeader(guid, isKey, encoder.place))
    return payload
  }

  #begin(topic: string, isKey: boolean): Promise<Writing<T>> {
    return onlyOnce(this.#beginning, `${isKey} ${topic}`, () => this.#begun(topic, isKey))
  }

  async #begun(topic: string, isKey: boolean): Promise<Writing<T>> {
    const {
      registration = this.#schema === undefined ? 'latest' : 'register',
      references = [],
      normalize = false,
    } = this.#options
    const own = this.#schema === undefined ? undefined : await this.#ownSchema(this.#schema)
    const ownEncoder = own && this.#codec.encoder(own)
    const subject = subjectName(this.#options.subject ?? 'topic', { topic, isKey, recordName: ownEncoder?.name })
    const registered = await this.#registered(subject, { registration, references, normalize, own, ownEncoder })
    const writing = { ...registered, head: idHead(registered.id, registered.encoder.place) }
    this.#writing(isKey).set(topic, writing)
    return writing
  }

  async #registered(
    subject: string,
    { registration, references, normalize, own, ownEncoder }: Registering<T>,
  ): Promise<Omit<Writing<T>, 'head'>> {
    const { schemaType } = this.#codec
    if (registration === 'latest' || own === undefined || ownEncoder === undefined) {
      const latest = await this.#client.latest(subject)
      this.#checkType(`the newest version of '${subject}'`, latest.schemaType)
      return { ...latest, encoder: this.#codec.encoder(await wholeSchema(this.#client, latest), ownEncoder?.name) }
    }
    if (typeof registration === 'object') return { id: registration.id, guid: undefined, encoder: ownEncoder }
    const given = { schemaType, schema: own.schema, references }
    const asked = registration === 'register' ? 'register' : 'lookUp'
    const told = await this.#client[asked](subject, given, { normalize })
    const needsGuid = this.#options.schemaIdIn === 'header' && told.guid === undefined
    const guid = needsGuid ? (await this.#client.lookUp(subject, given, { normalize })).guid : told.guid
    if (!normalize || this.#codec.hasPlaces === undefined) return { id: told.id, guid, encoder: ownEncoder }
    // What is registered may have its messages in another order.
    const whole = await wholeSchema(this.#client, await this.#client.byId(told.id))
    return { id: told.id, guid, encoder: this.#codec.encoder(whole, ownEncoder.name) }
  }

  #checkType(what: string, found: string): void {
    const { schemaType } = this.#codec
    if (found !== schemaType) throw new WireFormatError(`${what} is a schema of type ${found}, and not ${schemaType}`)
  }

  deserialize(bytes: Uint8Array | null, context: DeserializeContext): T | Instead | Promise<T | Instead> {
    if (bytes === null) throw new WireFormatError('there are no bytes (null); where that may be so, say orNull(...)')
    const given = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    try {
      const id = context.headers.length === 0 ? idBefore(given) : undefined
      const known = id === undefined ? undefined : this.#known(id)
      if (known !== undefined) return known(given, idSize)
      const { schema, payload, isPlaced } = unframed(given, context.headers, context.isKey)
      if (isPlaced && this.#codec.hasPlaces === undefined)
        throw new WireFormatError(`schemas of type ${this.#codec.schemaType} have no places that a header could tell`)
      const decoder = this.#decoders.get('id' in schema ? schema.id : schema.guid)
      if (decoder !== undefined) return decoder(payload)
      return this.#decoderOf(schema).then(
        (made) => this.#decoded(made, { given, payload, context }),
        (error: unknown) => {
          // It may be well again: the record is not lost for that.
          if (error instanceof SchemaClientError && !error.isNotFound) throw error
          return this.#instead({ bytes: given, context, error })
        },
      )
    } catch (error) {
      return this.#instead({ bytes: given, context, error })
    }
  }

  #known(id: number): Decode<T> | undefined {
    if (id === this.#lastId) return this.#lastDecoder
    const decoder = this.#decoders.get(id)
    if (decoder === undefined) return undefined
    this.#lastId = id
    this.#lastDecoder = decoder
    return decoder
  }

  #decoded(
    decoder: Decode<T>,
    {
      given,
      payload,
      context,
    }: { readonly given: Buffer; readonly payload: Buffer; readonly context: DeserializeContext },
  ): T | Instead | Promise<T | Instead> {
    try {
      return decoder(payload)
    } catch (error) {
      return this.#instead({ bytes: given, context, error })
    }
  }

  #instead(undecodable: Undecodable): Instead | Promise<Instead> {
    const { deadLetter } = this.#options
    if (deadLetter === undefined) throw undecodable.error
    return deadLetter(undecodable)
  }

  #decoderOf(schema: SchemaId): Promise<Decode<T>> {
    const key = 'id' in schema ? schema.id : schema.guid
    return onlyOnce(this.#resolving, key, async () => {
      const found = 'id' in schema ? await this.#client.byId(schema.id) : await this.#client.byGuid(schema.guid)
      this.#checkType(nameOf(schema), found.schemaType)
      const own = this.#schema === undefined ? undefined : await this.#ownSchema(this.#schema)
      const decoder = this.#codec.decoder(await wholeSchema(this.#client, found), own)
      this.#decoders.set(key, decoder)
      const [oldest = key] = this.#decoders.keys()
      if (this.#decoders.size > decodersMax) this.#decoders.delete(oldest)
      return decoder
    })
  }

  #ownSchema(schema: string): Promise<WholeSchema> {
    const { references = [] } = this.#options
    if (this.#own !== undefined) return this.#own
    const own = wholeSchema(this.#client, { schema, references })
    this.#own = own
    own.catch(() => {
      this.#own = undefined
    })
    return own
  }
}

interface Registering<T> {
  readonly registration: Registration
  readonly references: readonly SchemaReference[]
  readonly normalize: boolean
  readonly own: WholeSchema | undefined
  readonly ownEncoder: Encoder<T> | undefined
}

const nameOf = (schema: SchemaId): string => ('id' in schema ? `id ${schema.id}` : `GUID ${schema.guid}`)

/** For all that ask while it is not done. */
function onlyOnce<K, V>(begun: Map<K, Promise<V>>, key: K, begin: () => Promise<V>): Promise<V> {
  const known = begun.get(key)
  if (known !== undefined) return known
  const promise = begin().finally(() => begun.delete(key))
  begun.set(key, promise)
  return promise
}
