/**
 * The words in which messages are declared: a field is its type, the versions that have it, when it may be null, its tag
 * and its default. One object shape serves all versions; a field that a version lacks holds its default.
 */
import { type FileRegion, type ReplyPart, type Uuid, zeroUuid } from '../base/index.ts'

type Kind =
  | 'bool'
  | 'i8'
  | 'i16'
  | 'u16'
  | 'i32'
  | 'u32'
  | 'i64'
  | 'i64Big'
  | 'f64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'
  | 'list'
  | 'struct'

export interface Word<T> {
  readonly kind: Kind
  /** The default, and what carries the type. */
  readonly initial: T
  /** The versions of the message that have the field, both inclusive. */
  readonly since: number
  readonly until: number
  /** The versions in which it may be null; from Infinity on: never. */
  readonly nullableSince: number
  readonly nullableUntil: number
  /** The tag under which it travels from `taggedSince` on (KIP-482). */
  readonly tag: number | undefined
  readonly taggedSince: number
  /** Has the old form even in flexible versions: the client id of the request header. */
  readonly inflexible: boolean
  readonly of: Word<unknown> | undefined
  readonly fields: Fields | undefined
}

export type Fields = Readonly<Record<string, Word<unknown>>>

export interface UnknownTag {
  readonly tag: number
  readonly bytes: Uint8Array
}

export type Infer<F extends Fields> = { readonly [K in keyof F]: F[K] extends Word<infer T> ? T : never } & {
  /** Tagged fields that this version of us does not know: kept, and written again. */
  readonly unknownTags?: readonly UnknownTag[] | undefined
}

type Leaf = string | number | bigint | boolean | null | undefined | Uint8Array | FileRegion | UnknownTag

/** A message of which any field, at any depth, may be left out. */
export type Given<T> = unknown extends T
  ? T
  : T extends Leaf
    ? T
    : T extends readonly (infer E)[]
      ? readonly Given<E>[]
      : { readonly [K in keyof T]?: Given<T[K]> | undefined }

export interface Options<T> {
  readonly since?: number
  readonly until?: number
  readonly tag?: number
  readonly taggedSince?: number
  readonly inflexible?: boolean
  readonly default?: T
}

function word<T>(kind: Kind, initial: T, options: Options<T> = {}): Word<T> {
  const since = options.since ?? 0
  return {
    kind,
    initial: options.default ?? initial,
    since,
    until: options.until ?? Number.POSITIVE_INFINITY,
    nullableSince: Number.POSITIVE_INFINITY,
    nullableUntil: Number.POSITIVE_INFINITY,
    tag: options.tag,
    taggedSince: options.tag === undefined ? Number.POSITIVE_INFINITY : (options.taggedSince ?? since),
    inflexible: options.inflexible ?? false,
    of: undefined,
    fields: undefined,
  }
}

export const bool = (options?: Options<boolean>): Word<boolean> => word('bool', false, options)
export const i8 = (options?: Options<number>): Word<number> => word('i8', 0, options)
export const i16 = (options?: Options<number>): Word<number> => word('i16', 0, options)
export const u16 = (options?: Options<number>): Word<number> => word('u16', 0, options)
export const i32 = (options?: Options<number>): Word<number> => word('i32', 0, options)
export const u32 = (options?: Options<number>): Word<number> => word('u32', 0, options)
/** A number: what our own counters bound. A value beyond 2^53 that a peer sends saturates. */
export const i64 = (options?: Options<number>): Word<number> => word('i64', 0, options)
/** A bigint: what a peer may fill with anything, and we store or echo. */
export const i64Big = (options?: Options<bigint>): Word<bigint> => word('i64Big', 0n, options)
export const f64 = (options?: Options<number>): Word<number> => word('f64', 0, options)
export const uuid = (options?: Options<Uuid>): Word<Uuid> => word('uuid', zeroUuid, options)
export const string = (options?: Options<string>): Word<string> => word('string', '', options)
/** Decoded as a view of the frame: who keeps it, copies it. */
export const bytes = (options?: Options<Uint8Array>): Word<Uint8Array> => word('bytes', new Uint8Array(0), options)

/** Record batches: decoded as one view; encoded by reference from any number of parts. */
export type Records = Uint8Array | readonly ReplyPart[]
export const records = (options?: Options<Records>): Word<Records> =>
  word<Records>('records', new Uint8Array(0), options)

type Element<E> = E extends Word<infer T> ? T : E extends Fields ? Infer<E> : never

const isWord = (value: Fields | Word<unknown>): value is Word<unknown> => typeof value['kind'] === 'string'

/** An array of words or of structs. */
export function list<E extends Fields | Word<unknown>>(
  element: E,
  options: Options<readonly Element<E>[]> = {},
): Word<readonly Element<E>[]> {
  const own: Word<readonly Element<E>[]> = word<readonly Element<E>[]>('list', [], options)
  return { ...own, of: isWord(element) ? element : struct(element) }
}

export function struct<F extends Fields>(fields: F, options: Options<Infer<F>> = {}): Word<Infer<F>> {
  return { ...word('struct', initialOf(fields), options), fields }
}

/** The object whose fields all hold their defaults. */
function initialOf<F extends Fields>(fields: F): Infer<F> {
  const made: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) made[name] = field.initial
  made['unknownTags'] = undefined
  return made as Infer<F>
}

export interface NullOptions {
  /** The version from which it may be null; 0 unless told. */
  readonly since?: number
  /** The last version in which it may be null, where a later one forbids it. */
  readonly until?: number
  /** The default is null. */
  readonly default?: null
}

export function orNull<T>(of: Word<T>, options: NullOptions = {}): Word<T | null> {
  return {
    ...of,
    initial: options.default === null ? null : of.initial,
    nullableSince: options.since ?? 0,
    nullableUntil: options.until ?? Number.POSITIVE_INFINITY,
  }
}
