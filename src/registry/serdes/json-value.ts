/**
 * What a value of a JSON Schema is, told by the compiler from the literal of the schema: nothing of this is there at run time.
 *
 * It is wider than the schema where there is no type for it, as for `pattern`, `not` and `if`. It is stricter in what the schema does not
 * name, so that what is misspelt is found: beside `properties` there is nothing but what `additionalProperties` says, or
 * `patternProperties`, and behind the items of a tuple nothing but what `items` or `additionalItems` says; and what has `properties` is an
 * object, even where no `type` says so.
 *
 * `unknown` is what cannot be told: a schema that is no literal (one that stands elsewhere is one by `as const`), and a `$ref` to another
 * document, or by an anchor. A schema that is nothing but itself, as `{ $ref: '#' }`, is an error of the compiler, and so is a list of
 * itself in one that has `allOf` beside it: then the caller has to state the type.
 */

/** A schema whose literal says what its values are. */
export type JsonLiteral = boolean | { readonly [keyword: string]: unknown }

export type JsonValue<S> = unknown extends S ? unknown : ValueOf<S, S>

/** Objects are written here as they are: see `avro-value.ts`. */
type ValueOf<S, Root> = S extends false
  ? never
  : S extends object
    ? S extends Combined
      ? S extends Shaped
        ? Flat<ShapeOf<S, Root, object> & PartsOf<S, Root>>
        : PartsOf<S, Root>
      : ShapeOf<S, Root, { [Key in string]: unknown }>
    : unknown

/** What other schemas have a part in. */
type Combined =
  | { readonly $ref: unknown }
  | { readonly allOf: readonly unknown[] }
  | { readonly anyOf: readonly unknown[] }
  | { readonly oneOf: readonly unknown[] }

/**
 * What has to be made one type with those parts. Where it has not, as for `anyOf` alone, nobody looks into the parts: a list may be one of
 * them, of what is just being told.
 */
type Shaped =
  | OfObjects
  | { readonly type: unknown }
  | { readonly const: unknown }
  | { readonly enum: unknown }
  | { readonly items: unknown }
  | { readonly prefixItems: unknown }
  | { readonly allOf: unknown }

type PartsOf<S, Root> = (S extends { readonly $ref: infer Ref } ? ValueOf<Referred<Ref, Root>, Root> : unknown) &
  (S extends { readonly allOf: infer All extends readonly unknown[] } ? Intersection<All, Root> : unknown) &
  (S extends { readonly anyOf: infer Any extends readonly unknown[] } ? ValueOf<Any[number], Root> : unknown) &
  (S extends { readonly oneOf: infer One extends readonly unknown[] } ? ValueOf<One[number], Root> : unknown)

type Intersection<All extends readonly unknown[], Root, Before = unknown> = All extends readonly [
  infer One,
  ...infer Others,
]
  ? Intersection<Others, Root, Before & ValueOf<One, Root>>
  : Before

/** One object where there were several to be taken together. */
type Flat<T> = T extends readonly unknown[] ? T : T extends object ? { [Key in keyof T]: T[Key] } : T

/** `#`, and ways through the document by plain names, as `#/definitions/Order`. */
type Referred<Ref, Root> = Ref extends '#' ? Root : Ref extends `#/${infer Path}` ? At<Root, Path> : unknown

type At<S, Path extends string> = Path extends `${infer Key}/${infer Rest}`
  ? Key extends keyof S
    ? At<S[Key], Rest>
    : unknown
  : Path extends keyof S
    ? S[Path]
    : unknown

/** Of the schema's own keywords. `Open`: an object of which nothing is told. */
type ShapeOf<S, Root, Open> = S extends { readonly const: infer Const }
  ? Const
  : S extends { readonly enum: infer Enum extends readonly unknown[] }
    ? Enum[number]
    : S extends { readonly type: infer Type }
      ? OfType<Type extends readonly unknown[] ? Type[number] : Type, S, Root, Open>
      : S extends OfObjects
        ? ObjectOf<S, Root, Open>
        : S extends { readonly items: unknown } | { readonly prefixItems: unknown }
          ? ArrayOf<S, Root>
          : unknown

type OfObjects =
  | { readonly properties: unknown }
  | { readonly required: readonly unknown[] }
  | { readonly additionalProperties: unknown }
  | { readonly patternProperties: unknown }

type OfType<Type, S, Root, Open> = Type extends keyof Primitives
  ? Primitives[Type]
  : Type extends 'object'
    ? ObjectOf<S, Root, Open>
    : Type extends 'array'
      ? ArrayOf<S, Root>
      : unknown

interface Primitives {
  string: string
  number: number
  integer: number
  boolean: boolean
  null: null
}

type ObjectOf<S, Root, Open> = S extends OfObjects
  ? [BesideOf<S>] extends [never]
    ? Flat<Named<PropertiesOf<S>, RequiredOf<S>, Root>>
    : [NamesOf<S>] extends [never]
      ? { [Key in string]: ValueOf<BesideOf<S>, Root> }
      : // An index has to take the named ones too. Put into one object with them it would be worked out at once.
        Flat<Named<PropertiesOf<S>, RequiredOf<S>, Root>> & {
          [Key in string]: ValueOf<BesideOf<S> | NamedSchemas<S>, Root>
        }
  : Open

type PropertiesOf<S> = S extends { readonly properties: infer Properties extends object } ? Properties : unknown

type NamedSchemas<S> = S extends { readonly properties: infer Properties } ? Properties[keyof Properties] : never

type NamesOf<S> = RequiredOf<S> | (S extends { readonly properties: infer Properties } ? keyof Properties : never)

type RequiredOf<S> = S extends { readonly required: readonly (infer Name extends string)[] } ? Name : never

type Named<Properties, Required extends string, Root> = {
  -readonly [Name in keyof Properties as Name extends Required ? Name : never]: ValueOf<Properties[Name], Root>
} & {
  -readonly [Name in keyof Properties as Name extends Required ? never : Name]?: ValueOf<Properties[Name], Root>
} & { [Name in Exclude<Required, keyof Properties>]: Present }

/** All but undefined: what is optional elsewhere is not so any more. */
type Present = NonNullable<unknown> | null

/** The schemas of what is not named; never: there is to be none. */
type BesideOf<S> =
  | (S extends { readonly additionalProperties: infer Beside } ? (Beside extends false ? never : Beside) : never)
  | (S extends { readonly patternProperties: infer Patterns } ? Patterns[keyof Patterns] : never)

/** What `required` is for an object, `minItems` is for a tuple. */
type ArrayOf<S, Root> = S extends { readonly prefixItems: infer Firsts extends readonly unknown[] }
  ? TupleOf<Firsts, S extends { readonly items: infer Rest } ? Rest : false, S, Root>
  : S extends { readonly items: infer Firsts extends readonly unknown[] }
    ? TupleOf<Firsts, S extends { readonly additionalItems: infer Rest } ? Rest : false, S, Root>
    : S extends { readonly items: infer Item }
      ? ValueOf<Item, Root>[]
      : unknown[]

type TupleOf<Firsts extends readonly unknown[], Rest, S, Root> = [
  ...Elements<Firsts, S extends { readonly minItems: infer Min } ? Min : 0, Root>,
  ...(Rest extends false ? [] : ValueOf<Rest, Root>[]),
]

type Elements<Firsts extends readonly unknown[], Min, Root, Done extends unknown[] = []> = Done['length'] extends Min
  ? [...Done, ...Partial<Each<Firsts, Root>>]
  : Firsts extends readonly [infer First, ...infer Others]
    ? Elements<Others, Min, Root, [...Done, ValueOf<First, Root>]>
    : Done

type Each<Firsts extends readonly unknown[], Root> = { -readonly [I in keyof Firsts]: ValueOf<Firsts[I], Root> }
