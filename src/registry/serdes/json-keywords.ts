/** Keywords of ajv that are replaced: what they would cost is not bounded, or what they say is not what JSON Schema says. */
import { _, type Ajv, type KeywordCxt, Name, str } from 'ajv'
import { Type } from 'ajv/dist/compile/util.js'
import { decimalOf, isMultiple } from '../json/decimal.ts'
import { equalityKey } from './json-equality.ts'

export type Validator = Pick<Ajv, 'addFormat' | 'addKeyword' | 'removeKeyword' | 'getKeyword' | 'compile'>

export function replaceKeywords(ajv: Validator, step: () => void): void {
  countReferences(ajv, step)
  replaceComparisons(ajv)
  replaceMultiples(ajv)
  replaceConditions(ajv)
  replaceContains(ajv)
  replaceUnevaluatedItems(ajv)
  mendPatternProperties(ajv)
  mendUnevaluatedProperties(ajv)
}

function definitionOf(ajv: Validator, keyword: string) {
  const definition = ajv.getKeyword(keyword)
  if (typeof definition !== 'object' || !('code' in definition)) throw new Error(`ajv has no ${keyword}`)
  return { definition, code: definition.code }
}

/** Each reference that is followed is counted. */
function countReferences(ajv: Validator, step: () => void): void {
  const { code, definition } = definitionOf(ajv, '$ref')
  const counted = (context: KeywordCxt, ruleType?: string): void => {
    const { gen } = context
    gen.code(_`${gen.scopeValue('func', { ref: step })}()`)
    code(context, ruleType)
  }
  ajv.removeKeyword('$ref')
  ajv.addKeyword({ ...definition, keyword: '$ref', code: counted })
}

/** Ajv compares each with each, which takes the square of the time. */
function replaceComparisons(ajv: Validator): void {
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must not have the same item twice' },
    validate: (isUnique: boolean, items: readonly unknown[]) =>
      !isUnique || new Set(items.map(equalityKey)).size === items.length,
  })
  ajv.removeKeyword('enum')
  ajv.addKeyword({
    keyword: 'enum',
    schemaType: 'array',
    error: { message: 'must be one of the values of the enum' },
    compile(values: readonly unknown[]) {
      const known = new Set(values.map(equalityKey))
      // Most are told without their text.
      const strings = new Set(values.filter((value) => typeof value === 'string'))
      return (value: unknown) => (typeof value === 'string' ? strings.has(value) : known.has(equalityKey(value)))
    },
  })
}

/** Ajv divides: 19.99 by 0.01 is 1998.9999999999998, and what is too large is infinite. */
function replaceMultiples(ajv: Validator): void {
  ajv.removeKeyword('multipleOf')
  ajv.addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    error: { message: ({ schemaCode }) => str`must be multiple of ${schemaCode}` },
    compile(step: number) {
      const exact = decimalOf(String(step))
      const divisor = smallDecimal(step)
      return (value: number) => {
        const dividend = divisor === undefined ? undefined : smallDecimal(value)
        if (divisor === undefined || dividend === undefined) return isMultiple(decimalOf(String(value)), exact)
        const scale = Math.max(divisor.scale, dividend.scale)
        return (
          (dividend.unscaled * 10 ** (scale - dividend.scale)) % (divisor.unscaled * 10 ** (scale - divisor.scale)) ===
          0
        )
      }
    },
  })
}

/** In characters. So short a number is still exact when as many digits again are moved before its point. */
const smallMax = 8

/** Undefined for what is longer. Big numbers would take some times as long. */
function smallDecimal(value: number): { unscaled: number; scale: number } | undefined {
  const text = String(value)
  if (text.length > smallMax || text.includes('e')) return undefined
  const point = text.indexOf('.')
  return point === -1
    ? { unscaled: value, scale: 0 }
    : { unscaled: Number(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 }
}

/** Ajv counts as evaluated what an `if` has seen in vain, and does not look at one without `then` and `else`. */
function replaceConditions(ajv: Validator): void {
  ajv.removeKeyword('if')
  ajv.addKeyword({
    keyword: 'if',
    schemaType: ['boolean', 'object'],
    trackErrors: true,
    error: {
      message: ({ params }) => str`must match the "${params['branch']}" of the schema`,
      params: ({ params }) => _`{failingKeyword: ${params['branch']}}`,
    },
    code(context) {
      const { gen, parentSchema } = context
      const holds = gen.name('holds')
      const passed = gen.name('passed')
      const valid = gen.let('valid', true)
      const branch = gen.let('branch')
      const seen = context.subschema(
        { keyword: 'if', compositeRule: true, createErrors: false, allErrors: false },
        holds,
      )
      context.mergeValidEvaluated(seen, holds)
      context.reset()
      const follow = (keyword: string) => (): void => {
        if (parentSchema[keyword] === undefined) return
        gen.assign(branch, _`${keyword}`)
        const followed = context.subschema({ keyword }, passed)
        gen.assign(valid, passed)
        context.mergeValidEvaluated(followed, valid)
      }
      gen.if(holds, follow('then'), follow('else'))
      context.setParams({ branch })
      context.pass(valid, () => context.error(true))
    },
  })
}

/**
 * Ajv takes all items as evaluated where there is such a keyword; which are is said in the bundle. And behind `prefixItems` it looks at
 * nothing more where there is no item.
 */
function replaceContains(ajv: Validator): void {
  const { code, definition } = definitionOf(ajv, 'contains')
  ajv.removeKeyword('contains')
  ajv.addKeyword({
    ...definition,
    keyword: 'contains',
    before: 'prefixItems',
    code(context, ruleType) {
      const { it } = context
      const evaluated = it.items
      code(context, ruleType)
      if (evaluated === undefined) delete it.items
      else it.items = evaluated
    },
  })
}

/** Of alternatives ajv knows but when there is a value how many items they have evaluated: a number, or true for all. */
function replaceUnevaluatedItems(ajv: Validator): void {
  ajv.removeKeyword('unevaluatedItems')
  ajv.addKeyword({
    keyword: 'unevaluatedItems',
    type: 'array',
    schemaType: ['boolean', 'object'],
    error: { message: 'must NOT have unevaluated items' },
    code(context) {
      const { gen, schema, data, it } = context
      const evaluated = it.items ?? 0
      it.items = true
      if (evaluated === true || schema === true) return
      const end = gen.const('end', _`${data}.length`)
      const first = gen.const('first', _`${evaluated} === true ? ${end} : ${evaluated} || 0`)
      if (schema === false) {
        context.fail(_`${end} > ${first}`)
        return
      }
      const valid = gen.var('valid', true)
      gen.forRange('item', first, end, (item) => {
        context.subschema({ keyword: 'unevaluatedItems', dataProp: item, dataPropType: Type.Num }, valid)
        gen.if(_`!${valid}`, () => gen.break())
      })
      context.ok(valid)
    },
  })
}

/** Ajv notes what it has evaluated there in an object that there is not, where only alternatives that did not fit would have made one. */
function mendPatternProperties(ajv: Validator): void {
  const { code, definition } = definitionOf(ajv, 'patternProperties')
  ajv.removeKeyword('patternProperties')
  ajv.addKeyword({
    ...definition,
    keyword: 'patternProperties',
    before: 'unevaluatedProperties',
    code(context, ruleType) {
      const { gen, it } = context
      if (it.props instanceof Name) gen.code(_`${it.props} ??= Object.create(null)`)
      else if (it.props === undefined && it.opts.unevaluated === true)
        it.props = gen.var('props', _`Object.create(null)`)
      code(context, ruleType)
    },
  })
}

/** Ajv looks the name up in an object that has more names than were noted there, as 'constructor'. */
function mendUnevaluatedProperties(ajv: Validator): void {
  const { code, definition } = definitionOf(ajv, 'unevaluatedProperties')
  ajv.removeKeyword('unevaluatedProperties')
  ajv.addKeyword({
    ...definition,
    keyword: 'unevaluatedProperties',
    code(context, ruleType) {
      const { gen, it } = context
      const { props } = it
      if (props instanceof Name)
        gen.if(_`${props} && ${props} !== true`, () => {
          gen.code(_`${props} = Object.assign(Object.create(null), ${props})`)
        })
      code(context, ruleType)
    },
  })
}
