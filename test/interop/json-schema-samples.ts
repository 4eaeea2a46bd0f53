/** Schemas with all keywords of a draft, drawn by a seed, and values that fit some of them. */
import * as fc from 'fast-check'
import { type DraftName, draftNames, drafts } from './json-schema-suite.ts'

export interface Sample {
  readonly draft: DraftName
  readonly schema: object
  readonly values: readonly unknown[]
}

const names = fc.constantFrom('a', 'b', 'bc', '__proto__', 'constructor')
const texts = fc.constantFrom('', 'a', 'ab', 'abc', 'é', '🎉', '🎉🎉', '1', 'toString')
const numbers = fc.constantFrom(-2, -1, 0, 1, 2, 3, 4, 1.5, 0.5, 2.5, 1e20)
const patterns = fc.constantFrom('^a', 'b$', '^.$', '[^a]', '^(ab?|c)+$', 'b|c')
const types = fc.constantFrom('null', 'boolean', 'object', 'array', 'number', 'string', 'integer')
const few = fc.nat({ max: 3 })
const scalars = fc.oneof(fc.constantFrom(null, true, false), texts, numbers)

const values: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalars,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(scalars, { maxLength: 4 }),
    objects(tie('value'), 4),
  ),
})).value

/** `fc.dictionary` would not take `__proto__` for a name as any other. */
function objects(of: fc.Arbitrary<unknown>, maxLength: number): fc.Arbitrary<object> {
  const members = fc.uniqueArray(fc.tuple(names, of), { maxLength, selector: ([name]) => name })
  return members.map((entries) => Object.fromEntries(entries))
}

const lists = (of: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> => fc.array(of, { minLength: 1, maxLength: 3 })
const unique = (of: fc.Arbitrary<string>, minLength: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(of, { minLength, maxLength: 3 })

/** What the value of each keyword may be; `inner`: schemas. */
function keywordsOf(draft: DraftName, inner: fc.Arbitrary<unknown>): Record<string, fc.Arbitrary<unknown>> {
  const isFour = draft === 'draft4'
  const isModern = draft === 'draft2019-09' || draft === 'draft2020-12'
  const ofDraft =
    draft === 'draft4' || draft === 'draft6' ? { ...(isFour ? {} : six(inner)) } : { ...six(inner), ...seven(inner) }
  return {
    type: fc.oneof(types, unique(types, 1)),
    enum: fc.uniqueArray(values, { minLength: 1, maxLength: 4, selector: (value) => JSON.stringify(value) }),
    minimum: numbers,
    maximum: numbers,
    multipleOf: fc.constantFrom(1, 2, 3, 0.5, 2.5),
    ...Object.fromEntries(
      ['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'].map((it) => [it, few]),
    ),
    pattern: patterns,
    uniqueItems: fc.boolean(),
    required: unique(names, isFour ? 1 : 0),
    properties: objects(inner, 3),
    patternProperties: fc.dictionary(patterns, inner, { maxKeys: 2 }),
    additionalProperties: fc.oneof(fc.boolean(), inner),
    not: inner,
    ...Object.fromEntries(['allOf', 'anyOf', 'oneOf'].map((it) => [it, lists(inner)])),
    ...(draft === 'draft2020-12'
      ? { prefixItems: lists(inner), items: inner }
      : { items: fc.oneof(inner, lists(inner)), additionalItems: fc.oneof(fc.boolean(), inner) }),
    ...(isFour ? {} : { exclusiveMinimum: numbers, exclusiveMaximum: numbers }),
    ...(isModern ? modern(inner) : { dependencies: objects(fc.oneof(inner, unique(names, 1)), 2) }),
    ...ofDraft,
  }
}

const six = (inner: fc.Arbitrary<unknown>) => ({ const: values, contains: inner, propertyNames: inner })
const seven = (inner: fc.Arbitrary<unknown>) => Object.fromEntries(['if', 'then', 'else'].map((it) => [it, inner]))
const modern = (inner: fc.Arbitrary<unknown>) => ({
  dependentRequired: objects(unique(names, 0), 2),
  dependentSchemas: objects(inner, 2),
  minContains: few,
  maxContains: few,
  unevaluatedProperties: inner,
  unevaluatedItems: inner,
})

function schemasOf(draft: DraftName, references: readonly string[]): fc.Arbitrary<object> {
  const leaf = draft === 'draft4' ? [] : [fc.boolean()]
  const toOthers = references.map(($ref) => fc.constant({ $ref }))
  const { schema } = fc.letrec<{ schema: object; inner: unknown }>((tie) => ({
    inner: fc.oneof({ maxDepth: 2, withCrossShrink: false }, fc.constant({}), ...leaf, ...toOthers, tie('schema')),
    schema: fc
      .subarray(Object.entries(keywordsOf(draft, tie('inner'))), { minLength: 1, maxLength: 4 })
      .chain((chosen) => fc.record(Object.fromEntries(chosen))),
  }))
  return schema
}

function samplesOf(draft: DraftName): fc.Arbitrary<Sample> {
  const key = draft.startsWith('draft20') ? '$defs' : 'definitions'
  return fc
    .record({
      root: schemasOf(draft, [`#/${key}/one`, `#/${key}/two`]),
      one: schemasOf(draft, []),
      two: schemasOf(draft, [`#/${key}/one`]),
      values: fc.array(values, { minLength: 8, maxLength: 8 }),
    })
    .map(({ root, one, two, values }) => ({
      draft,
      schema: { $schema: drafts[draft], ...root, [key]: { one, two } },
      values,
    }))
}

export const samples = (options: { readonly seed: number; readonly count: number }): Sample[] =>
  draftNames.flatMap((draft) => fc.sample(samplesOf(draft), { seed: options.seed, numRuns: options.count }))
