/** A declared message: its fields for all versions, and the codec that is compiled from them on first use. */
import type { Reader, Writer } from '../base/index.ts'
import { type Compiled, compile } from './emit.ts'
import type { Fields, Given, Infer } from './words.ts'

export interface MessageOptions<F extends Fields> {
  readonly name: string
  readonly versions: readonly [min: number, max: number]
  /** The first flexible version (KIP-482); left out: none. */
  readonly flexible?: number
  /** Of a record: the number that tells its type in a log. */
  readonly type?: number
  readonly fields: F
}

export class Message<F extends Fields> {
  readonly name: string
  readonly versions: readonly [min: number, max: number]
  readonly flexible: number
  readonly type: number
  readonly fields: F
  #compiled: Compiled | undefined

  constructor({ name, versions, flexible, type, fields }: MessageOptions<F>) {
    this.name = name
    this.versions = versions
    this.flexible = flexible ?? Number.POSITIVE_INFINITY
    this.type = type ?? -1
    this.fields = fields
  }

  get #codec(): Compiled {
    this.#compiled ??= compile(this.fields, this)
    return this.#compiled
  }

  /** Throws MalformedError. Byte fields are views of what the reader reads. */
  decode(reader: Reader, version: number): Infer<F> {
    return this.#codec.decode(reader, version) as Infer<F>
  }

  /** Fields that the version lacks are left out. */
  encode(writer: Writer, version: number, value: Infer<F>): void {
    this.#codec.encode(writer, version, value)
  }

  /**
   * The message with what is given; every field left out, at any depth, holds its default. Of the same hidden class as
   * one that was read: quicker to write than an object literal.
   */
  create(given?: Given<Infer<F>>): Infer<F> {
    return this.#codec.create(given ?? {}) as Infer<F>
  }
}

export const message = <F extends Fields>(options: MessageOptions<F>): Message<F> => new Message(options)

export interface Api<Q extends Fields, S extends Fields> {
  readonly key: number
  readonly name: string
  /** Those that Kafka 4.3.1 serves. */
  readonly versions: readonly [min: number, max: number]
  readonly flexible: number
  readonly listeners: readonly ('broker' | 'controller')[]
  /** Brokers pass it on to the active controller, in an Envelope (KIP-590). */
  readonly forwardable: boolean
  readonly request: Message<Q>
  readonly response: Message<S>
}

export interface ApiOptions<Q extends Fields, S extends Fields> {
  readonly key: number
  readonly name: string
  readonly versions: readonly [min: number, max: number]
  /** The last version that is declared, where 4.3.1 does not serve it yet. */
  readonly unstable?: number
  readonly flexible?: number
  readonly listeners: readonly ('broker' | 'controller')[]
  readonly forwardable?: boolean
  readonly request: Q
  readonly response: S
}

export function api<Q extends Fields, S extends Fields>(options: ApiOptions<Q, S>): Api<Q, S> {
  const { key, name, versions, listeners, forwardable = false } = options
  const flexible = options.flexible ?? Number.POSITIVE_INFINITY
  const declared = { versions: [versions[0], options.unstable ?? versions[1]] as const, flexible }
  return {
    key,
    name,
    versions,
    flexible,
    listeners,
    forwardable,
    request: new Message({ name: `${name}Request`, fields: options.request, ...declared }),
    response: new Message({ name: `${name}Response`, fields: options.response, ...declared }),
  }
}
