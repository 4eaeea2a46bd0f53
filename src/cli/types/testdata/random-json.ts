/** Schemas of JSON Schema by chance, by whose literals the compiler can tell a type. */
import fc from 'fast-check'

const names = ['Point', 'Line', 'a-b', '__proto__', 'class']
const keys = ['x', 'y', 'odd-name', 'constructor', '__proto__', '0']

/** No objects: two that look the same are two types for the compiler, where they were told from two places. */
const literal = fc.constantFrom<unknown>('a', 'b', 1, -2.5, true, null, [1, 'x'], "it's", 1e21)

const { schema } = fc.letrec<{ readonly schema: unknown }>((tie) => {
  const properties = fc.dictionary(fc.constantFrom(...keys), tie('schema'), { maxKeys: 3 })
  const list = fc.array(tie('schema'), { minLength: 1, maxLength: 3 })
  const object = fc.record(
    {
      type: fc.constant('object'),
      properties,
      required: fc.uniqueArray(fc.constantFrom(...keys), { maxLength: 3 }),
      additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
      patternProperties: fc.dictionary(fc.constantFrom('^a', '^b'), tie('schema'), { maxKeys: 1 }),
      description: fc.constantFrom('A thing.', '*/ x', 'Two\nlines'),
    },
    { requiredKeys: [] },
  )
  const array = fc.oneof(
    fc.record({ type: fc.constant('array'), items: tie('schema') }, { requiredKeys: ['type'] }),
    fc.record({ prefixItems: list, items: tie('schema'), minItems: fc.nat({ max: 4 }) }, { requiredKeys: ['prefixItems'] }),
    fc.record({ items: list, additionalItems: tie('schema'), minItems: fc.nat({ max: 4 }) }, { requiredKeys: ['items'] }),
  )
  /**
   * What is taken together with other objects has other keys, and some: whether something and an empty object are one for the compiler hangs
   * on how the empty one was made.
   */
  const full = object.map((it) => ({ ...it, properties: { ...it.properties, k: { type: 'string' } } }))
  const others = fc.dictionary(fc.constantFrom('p', 'q'), tie('schema'), { maxKeys: 2 })
  const objects = fc.array(full, { minLength: 1, maxLength: 3 })
  const simple = fc.oneof(
    fc.boolean(),
    fc.constant({}),
    fc.record({ type: fc.constantFrom('string', 'integer', 'number', 'boolean', 'null', 'object', 'array', 'odd') }),
    fc.record({ type: fc.uniqueArray(fc.constantFrom('string', 'integer', 'null', 'object'), { minLength: 1 }) }),
    fc.record({ const: literal }),
    fc.record({ enum: fc.uniqueArray(literal, { minLength: 1, maxLength: 3 }) }),
  )
  return {
    schema: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      simple,
      fc.constantFrom(...names.map((it) => ({ $ref: `#/$defs/${it}` })), { $ref: '#none' }, { $ref: 'other.json' }),
      object,
      object,
      array,
      fc.record({ anyOf: list }),
      fc.record({ oneOf: objects, type: fc.constant('object'), properties: others }, { requiredKeys: ['oneOf'] }),
      fc.record({ allOf: fc.tuple(full), properties: others }, { requiredKeys: ['allOf'] }),
    ),
  }
})

/** Definitions are objects or values, so that nothing is only itself: of such a thing the compiler can tell nothing. */
export const jsonSchema: fc.Arbitrary<unknown> = fc
  .record({
    own: fc.record({ type: fc.constant('object'), properties: fc.dictionary(fc.constantFrom(...keys), schema) }),
    defs: fc.dictionary(
      fc.constantFrom(...names),
      fc.record({ properties: fc.dictionary(fc.constantFrom(...keys), schema, { maxKeys: 3 }) }),
    ),
  })
  .map(({ own, defs }) => ({ ...own, $defs: defs }))
