/** Asks a schema registry, ours or another one's, by its REST interface. What cannot change is asked once. */
import type { Clock } from '../../base/index.ts'
import type { SchemaReference } from '../stored-schema.ts'

export interface SchemaClientOptions {
  /** `http://host:port`, or several of one cluster: where one does not answer the next is asked. */
  readonly url: string | readonly string[]
  readonly basicAuth?: { readonly username: string; readonly password: string }
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Of one request: default 10,000. */
  readonly timeoutMs?: number
  /** What fails for a reason that may pass is tried so often: default 3. */
  readonly tries?: number
  /** Schemas that are remembered: default 1,000. */
  readonly cachedMax?: number
}

export interface GivenSchema {
  readonly schemaType: string
  readonly schema: string
  readonly references?: readonly SchemaReference[]
}

export interface FoundSchema extends GivenSchema {
  readonly references: readonly SchemaReference[]
}

export interface RegisteredSchema {
  readonly id: number
  /** Undefined: the registry is older than these. */
  readonly guid: string | undefined
}

/** A registry that refuses, or does not answer. */
export class SchemaClientError extends Error {
  override readonly name = 'SchemaClientError'
  /** Of the REST interface, as 40403; undefined where nobody has answered. */
  readonly errorCode: number | undefined

  constructor(message: string, errorCode: number | undefined, options?: ErrorOptions) {
    super(message, options)
    this.errorCode = errorCode
  }

  /** There is no such schema, whoever asks. */
  get isNotFound(): boolean {
    // A bare 404 is the answer of somebody who is no registry, or not at this path.
    return this.errorCode !== undefined && this.errorCode >= 40_400 && this.errorCode < 40_500
  }
}

const contentType = 'application/vnd.schemaregistry.v1+json'
const retryMs = 100
/** Of an answer: a schema may have a megabyte, and each character of it six in JSON. */
const answerSizeMax = 8_000_000

export class SchemaClient {
  readonly #clock: Clock
  readonly #urls: readonly string[]
  readonly #headers: Readonly<Record<string, string>>
  readonly #timeoutMs: number
  readonly #tries: number
  readonly #cachedMax: number
  readonly #cached = new Map<string, Promise<unknown>>()
  /** The one that answered last is asked first. */
  #first = 0

  /** Throws TypeError where there is no url. */
  constructor(
    { url, basicAuth, headers, timeoutMs = 10_000, tries = 3, cachedMax = 1000 }: SchemaClientOptions,
    clock: Clock,
  ) {
    this.#clock = clock
    this.#urls = [url].flat().map((it) => it.replace(/\/+$/, ''))
    if (this.#urls.length === 0) throw new TypeError('a schema registry has a url')
    const { username, password } = basicAuth ?? {}
    const login = basicAuth && `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    this.#headers = {
      accept: contentType,
      'content-type': contentType,
      ...(login && { authorization: login }),
      ...headers,
    }
    this.#timeoutMs = timeoutMs
    this.#tries = tries
    this.#cachedMax = cachedMax
  }

  /** Rejects with SchemaClientError. */
  byId(id: number): Promise<FoundSchema> {
    return this.#once(`id ${id}`, async () => found(await this.#ask('GET', `/schemas/ids/${id}`)))
  }

  /** Rejects with SchemaClientError. */
  byGuid(guid: string): Promise<FoundSchema> {
    return this.#once(`guid ${guid}`, async () => found(await this.#ask('GET', `/schemas/guids/${guid}`)))
  }

  /** What a reference means. Rejects with SchemaClientError. */
  byVersion({ subject, version }: Pick<SchemaReference, 'subject' | 'version'>): Promise<FoundSchema> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`
    return this.#once(path, async () => found(await this.#ask('GET', path)))
  }

  /** It may be another one the next time. Rejects with SchemaClientError. */
  async latest(subject: string): Promise<FoundSchema & RegisteredSchema> {
    const told = await this.#ask('GET', `/subjects/${encodeURIComponent(subject)}/versions/latest`)
    return { ...found(told), ...registered(told) }
  }

  /** Rejects with SchemaClientError. */
  register(subject: string, schema: GivenSchema, { normalize = false } = {}): Promise<RegisteredSchema> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions?normalize=${normalize}`
    return this.#once(`register ${path} ${JSON.stringify(schema)}`, async () => {
      return registered(await this.#ask('POST', path, schema))
    })
  }

  /** Rejects with SchemaClientError where it is not registered. */
  lookUp(subject: string, schema: GivenSchema, { normalize = false } = {}): Promise<RegisteredSchema> {
    const key = `look up ${subject} ${normalize} ${JSON.stringify(schema)}`
    return this.#once(key, () => this.#lookUp(subject, schema, normalize))
  }

  async #lookUp(subject: string, schema: GivenSchema, normalize: boolean): Promise<RegisteredSchema> {
    return registered(
      await this.#ask('POST', `/subjects/${encodeURIComponent(subject)}?normalize=${normalize}`, schema),
    )
  }

  /** What has failed is asked again. */
  #once<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#cached.get(key)
    if (known !== undefined) return known as Promise<T>
    const asked = ask()
    this.#cached.set(key, asked)
    asked.catch(() => this.#cached.delete(key))
    if (this.#cached.size > this.#cachedMax) {
      const [oldest = key] = this.#cached.keys()
      this.#cached.delete(oldest)
    }
    return asked
  }

  async #ask(method: 'GET' | 'POST', path: string, body?: object): Promise<Told> {
    const count = this.#urls.length
    const first = this.#first
    let last: SchemaClientError | undefined
    for (let turn = 0; turn < this.#tries * count; turn++) {
      const place = (first + turn) % count
      if (turn >= count && turn % count === 0) await this.#rest(retryMs * 2 ** (turn / count - 1))
      try {
        const told = await this.#askOne(this.#urls[place] + path, method, body)
        this.#first = place
        return told
      } catch (error) {
        if (!(error instanceof SchemaClientError) || !mayPass(error)) throw error
        last = error
      }
    }
    throw last ?? new SchemaClientError('nobody was asked', undefined)
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve))
  }

  async #askOne(url: string, method: string, body: object | undefined): Promise<Told> {
    const reply = await this.#fetched(url, method, body)
    const text = await textOf(reply).catch((error: unknown) => fail(url, error))
    let told: unknown
    try {
      told = JSON.parse(text)
    } catch (error) {
      const shown = text.slice(0, 100)
      throw new SchemaClientError(`${url}: the answer is no JSON (${reply.status}): ${shown}`, reply.status, {
        cause: error,
      })
    }
    const fields: Told = typeof told === 'object' && told !== null ? told : {}
    if (reply.ok) return fields
    const { error_code: given, message = '' } = fields
    const code = typeof given === 'number' ? given : reply.status
    throw new SchemaClientError(`${url}: ${String(message)}; error code ${code}`, code)
  }

  async #fetched(url: string, method: string, body: object | undefined): Promise<Response> {
    const signal = AbortSignal.timeout(this.#timeoutMs)
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    return fetch(url, { method, headers: this.#headers, signal, ...sent }).catch((error: unknown) => fail(url, error))
  }
}

interface Told {
  readonly id?: unknown
  readonly guid?: unknown
  readonly schema?: unknown
  readonly schemaType?: unknown
  readonly references?: unknown
  readonly error_code?: unknown
  readonly message?: unknown
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > answerSizeMax) throw new Error(`the answer has more than ${answerSizeMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function fail(url: string, error: unknown): never {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  throw new SchemaClientError(`${url}: ${cause instanceof Error ? cause.message : String(cause)}`, undefined, {
    cause: error,
  })
}

/** Nobody has answered, or somebody who will be well again. */
function mayPass({ errorCode }: SchemaClientError): boolean {
  if (errorCode === undefined) return true
  const status = Number(String(errorCode).slice(0, 3))
  return status >= 500 || status === 429 || status === 408
}

function found({ schema, schemaType = 'AVRO', references }: Told): FoundSchema {
  if (typeof schema !== 'string' || typeof schemaType !== 'string')
    throw new SchemaClientError('the answer has no schema', undefined)
  return {
    schema,
    schemaType,
    references: references === undefined || references === null ? [] : referencesIn(references),
  }
}

function referencesIn(told: unknown): readonly SchemaReference[] {
  if (Array.isArray(told) && told.every(isReference)) return told
  throw new SchemaClientError('the answer has references that are none', undefined)
}

const isReference = (it: unknown): it is SchemaReference =>
  typeof it === 'object' &&
  it !== null &&
  'name' in it &&
  typeof it.name === 'string' &&
  'subject' in it &&
  typeof it.subject === 'string' &&
  'version' in it &&
  typeof it.version === 'number'

function registered({ id, guid }: Told): RegisteredSchema {
  if (typeof id !== 'number') throw new SchemaClientError('the answer has no id', undefined)
  return { id, guid: typeof guid === 'string' ? guid : undefined }
}
