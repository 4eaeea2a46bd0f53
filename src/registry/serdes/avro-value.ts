/**
 * What a value of an Avro schema is, told by the compiler from the literal of the schema: nothing of this is there at run time. It is what
 * `avsc` takes and gives, down to unions whose branches look alike, which stand in an object that names the branch.
 *
 * `unknown` is what cannot be told: a schema that is no literal (one that stands elsewhere is one by `as const`), and a name that another
 * schema defines.
 */

/** A schema whose literal says what its values are. */
export type AvroLiteral = { readonly type: unknown } | readonly unknown[]

/** What a `long` is to be. */
export type LongKind = 'number' | 'bigint'

/** A field with a default is there in what is read, so it is asked for in what is written. */
export type AvroValue<S, Longs extends LongKind = 'number'> = unknown extends S
  ? unknown
  : ValueOf<S, '', { primitives: Primitives<Longs>; named: ByName<Definition<S, ''>> }>

interface Primitives<Longs extends LongKind> {
  null: null
  boolean: boolean
  int: number
  long: { number: number; bigint: bigint }[Longs]
  float: number
  double: number
  bytes: Buffer
  string: string
}

/** What is the same in all of a schema. `named` is by full names. */
interface Known {
  readonly primitives: Primitives<LongKind>
  readonly named: unknown
}

/**
 * Objects are written here as they are, and not as a type with a name and arguments, `Record` among them: those are worked out at once, and
 * what refers to itself would never end.
 */
type ValueOf<S, Space extends string, All extends Known> = S extends string
  ? S extends keyof All['primitives']
    ? All['primitives'][S]
    : Resolved<S, Space, All> extends { readonly schema: infer Found; readonly space: infer There extends string }
      ? ValueOf<Found, There, All>
      : unknown
  : S extends readonly unknown[]
    ? IsAmbiguous<S, Space, All> extends true
      ? WrappedOf<S[number], Space, All>
      : ValueOf<S[number], Space, All>
    : S extends { readonly type: keyof All['primitives'] }
      ? All['primitives'][S['type']]
      : S extends { readonly type: 'record' | 'error'; readonly fields: readonly [] }
        ? { [key: string]: never }
        : S extends { readonly type: 'record' | 'error'; readonly fields: readonly Field[] }
          ? { [F in S['fields'][number] as F['name']]: ValueOf<F['type'], SpaceWithin<S, Space>, All> }
          : S extends { readonly type: 'enum'; readonly symbols: readonly unknown[] }
            ? S['symbols'][number]
            : S extends { readonly type: 'array'; readonly items: infer Items }
              ? ValueOf<Items, Space, All>[]
              : S extends { readonly type: 'map'; readonly values: infer Values }
                ? { [key: string]: ValueOf<Values, Space, All> }
                : S extends { readonly type: 'fixed' }
                  ? Buffer
                  : unknown

interface Field {
  readonly name: string
  readonly type: unknown
}

/** A branch of a union whose branches look alike. Null needs no name. */
type WrappedOf<Branch, Space extends string, All extends Known> = Branch extends 'null' | { readonly type: 'null' }
  ? null
  : Branch extends unknown
    ? { [Name in BranchName<Branch, Space>]: ValueOf<Branch, Space, All> }
    : never

type BranchName<S, Space extends string> = S extends keyof Primitives<LongKind>
  ? S
  : S extends string
    ? FullName<S, Space>
    : S extends { readonly name: infer Name extends string }
      ? FullName<Name, SpaceOfName<S, Space>>
      : S extends { readonly type: infer Kind extends string }
        ? Kind
        : never

/**
 * Whether `avsc` would not know two of the branches from each other by their values: numbers look alike, and objects, texts, and bytes do.
 * A bigint is none of the numbers. A branch that cannot be told counts for nothing: if the union is not ambiguous anyway, it is `unknown`.
 */
type IsAmbiguous<
  S extends readonly unknown[],
  Space extends string,
  All extends Known,
  Seen = never,
> = S extends readonly [infer Branch, ...infer Others]
  ? LookOf<Branch, Space, All> extends infer Look
    ? [Look] extends [never]
      ? IsAmbiguous<Others, Space, All, Seen>
      : [Look] extends [Seen]
        ? true
        : IsAmbiguous<Others, Space, All, Seen | Look>
    : never
  : false

interface Looks {
  null: 'null'
  boolean: 'boolean'
  int: 'number'
  long: 'number'
  float: 'number'
  double: 'number'
  bytes: 'bytes'
  fixed: 'bytes'
  string: 'text'
  enum: 'text'
  array: 'array'
  map: 'object'
  record: 'object'
  error: 'object'
}

/** Never: it cannot be told. */
type LookOf<S, Space extends string, All extends Known> = S extends 'long' | { readonly type: 'long' }
  ? All['primitives']['long'] extends bigint
    ? 'bigint'
    : 'number'
  : S extends keyof Primitives<LongKind>
    ? Looks[S]
    : S extends { readonly type: infer Kind extends keyof Looks }
      ? Looks[Kind]
      : S extends string
        ? Resolved<S, Space, All> extends { readonly schema: { readonly type: infer Kind extends keyof Looks } }
          ? Looks[Kind]
          : never
        : never

/** A type that has a name, with the namespace in which it stands. */
interface Defined {
  readonly name: string
  readonly schema: unknown
  readonly space: string
}

/** Of a name that another schema defines. Not never: that would pass for whatever is looked for. */
type Elsewhere = undefined

type ByName<All extends Defined> = { readonly [One in All as One['name']]: One }

type Resolved<Name extends string, Space extends string, All extends Known> =
  FullName<Name, Space> extends infer Full extends keyof All['named'] ? All['named'][Full] : Elsewhere

/** Of all that the schema defines, wherever. */
type Definition<S, Space extends string> = S extends readonly unknown[]
  ? Definition<S[number], Space>
  : S extends { readonly type: 'array'; readonly items: infer Items }
    ? Definition<Items, Space>
    : S extends { readonly type: 'map'; readonly values: infer Values }
      ? Definition<Values, Space>
      : S extends { readonly type: 'enum' | 'fixed' }
        ? Own<S, Space>
        : S extends { readonly type: 'record' | 'error'; readonly fields: readonly Field[] }
          ? Own<S, Space> | Definition<S['fields'][number]['type'], SpaceWithin<S, Space>>
          : never

type Own<S, Space extends string> = S extends { readonly name: infer Name extends string }
  ? { readonly name: FullName<Name, SpaceOfName<S, Space>>; readonly schema: S; readonly space: Space }
  : never

/** A name with a dot is whole; a dot before it stands for no namespace. */
type FullName<Name extends string, Space extends string> = Name extends `.${infer Rest}`
  ? Rest
  : Name extends `${string}.${string}`
    ? Name
    : Space extends ''
      ? Name
      : `${Space}.${Name}`

type SpaceOfName<S, Space extends string> = S extends { readonly namespace: infer Given extends string } ? Given : Space

/** The namespace of what a record has in it. */
type SpaceWithin<S, Space extends string> = S extends { readonly namespace: infer Given extends string }
  ? Given
  : S extends { readonly name: infer Name extends `${string}.${string}` }
    ? SpaceBefore<Name>
    : Space

type SpaceBefore<Name extends string, Before extends string = ''> = Name extends `${infer Part}.${infer Rest}`
  ? SpaceBefore<Rest, Before extends '' ? Part : `${Before}.${Part}`>
  : Before
