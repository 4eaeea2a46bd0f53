/**
 * Checks values by a JSON Schema, by ajv. It makes code of what comes from a registry, so that what it is given is bounded, and so is what
 * one value may cost.
 */
import { _, Ajv, type ErrorObject, type KeywordCxt, type Options, type ValidateFunction } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajv4 from 'ajv-draft-04'
import ajvFormats from 'ajv-formats'
import { type Draft, draftOfAddress } from '../json/drafts.ts'
import type { WholeSchema } from './codec.ts'
import { jsonDepth } from './json-depth.ts'
import { equalityKey } from './json-equality.ts'
import { Patterns } from './json-pattern.ts'

/** Throws TypeError for a value that is not valid; its message says what is wrong, and where. */
export type JsonValidator = (value: unknown) => void

const textMax = 1_000_000
const depthMax = 100
/** Of all schemas together: values of JSON. */
const nodesMax = 20_000
/** References that are followed for one value: of some that lead to each other twice there is no end. */
const stepsMax = 5_000_000
const errorsMax = 5

/** What a value has cost so far. */
interface Cost {
  readonly patterns: Patterns
  steps: number
}

type JsonSchema = boolean | Readonly<Record<string, unknown>>
type Validator = Pick<
  Ajv,
  'addFormat' | 'addKeyword' | 'removeKeyword' | 'getKeyword' | 'addSchema' | 'compile' | 'schemas' | 'refs'
>

/** Throws where the schema is none. */
export function jsonValidator({ schema: text, resolved }: WholeSchema): JsonValidator {
  const schema = parsed(text)
  const references = resolved.map(({ name, text }) => ({ name, schema: parsed(text) }))
  checkNodes([schema, ...references.map((it) => it.schema)])
  const cost: Cost = { patterns: new Patterns(), steps: 0 }
  const ajv = validatorOf(draftOf(schema), cost)
  addReferences(ajv, schema, references)
  const validate = compiled(ajv, withoutDraft(schema))
  // It would promise to tell later, and a promise is not false.
  if ('$async' in validate) throw new TypeError('a schema with $async is none of JSON Schema')
  return (value) => {
    cost.steps = 0
    cost.patterns.reset()
    if (!isValid(validate, value)) throw new TypeError(`not valid by the schema: ${shown(validate.errors ?? [])}`)
  }
}

/** Ajv calls itself for what is nested, and makes nested code of properties. */
function compiled(ajv: Validator, schema: JsonSchema): ValidateFunction {
  try {
    return ajv.compile(schema)
  } catch (error) {
    throw error instanceof RangeError ? new TypeError('the schema is too large', { cause: error }) : error
  }
}

function isValid(validate: ValidateFunction, value: unknown): boolean {
  try {
    return validate(value)
  } catch (error) {
    if (!(error instanceof RangeError) || !error.message.includes('call stack')) throw error
    throw new TypeError('the schema leads back to itself too often for this value', { cause: error })
  }
}

function parsed(text: string): JsonSchema {
  if (text.length > textMax) throw new TypeError(`a schema has at most ${textMax} characters`)
  if (jsonDepth(Buffer.from(text), depthMax) > depthMax)
    throw new TypeError(`a schema is nested no deeper than ${depthMax}`)
  const schema: unknown = JSON.parse(text)
  if (typeof schema === 'boolean') return schema
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw new TypeError('a JSON Schema is an object or a boolean')
  return { ...schema }
}

function checkNodes(schemas: readonly unknown[]): void {
  const rest = [...schemas]
  for (let count = 0; rest.length > 0; count++) {
    if (count > nodesMax) throw new TypeError(`a schema has at most ${nodesMax} values, with all that it refers to`)
    const node = rest.pop()
    if (typeof node === 'object' && node !== null) for (const inner of Object.values(node)) rest.push(inner)
  }
}

const textAt = (schema: JsonSchema, key: string): string | undefined => {
  const value = typeof schema === 'object' ? schema[key] : undefined
  return typeof value === 'string' ? value : undefined
}

const draftOf = (schema: JsonSchema): Draft => draftOfAddress(textAt(schema, '$schema') ?? '') ?? '7'

/** The draft is chosen; ajv would look for another one. */
const withoutDraft = (schema: JsonSchema): JsonSchema => {
  if (typeof schema === 'boolean') return schema
  const { $schema, ...rest } = schema
  return rest
}

function validatorOf(draft: Draft, cost: Cost): Validator {
  const options: Options = {
    strict: false,
    logger: false,
    code: { regExp: Object.assign((source: string) => cost.patterns.compile(source), { code: '' }) },
  }
  const ajv =
    draft === '4'
      ? new ajv4.default(options)
      : draft === '2019-09'
        ? new Ajv2019(options)
        : draft === '2020-12'
          ? new Ajv2020(options)
          : new Ajv(options)
  ajvFormats.default(ajv)
  boundUrls(ajv, cost)
  boundReferences(ajv, cost)
  replaceComparisons(ajv)
  // In other drafts it means nothing, and ajv refuses it.
  if (draft !== '4') ajv.removeKeyword('id').addKeyword('id')
  return ajv
}

/** Of the expressions of `ajv-formats` this one takes the square of the length: sixteen such steps are one of RE2. */
function boundUrls(ajv: Validator, { patterns }: Cost): void {
  const url = ajvFormats.default.get('url')
  if (!(url instanceof RegExp)) return
  ajv.addFormat('url', (text: string) => {
    patterns.spend(text.length ** 2 / 16)
    return url.test(text)
  })
}

/** Each reference that is followed is counted. */
function boundReferences(ajv: Validator, cost: Cost): void {
  const step = (): void => {
    if (++cost.steps > stepsMax) throw new RangeError('the references of the schema take too long for this value')
  }
  for (const keyword of ['$ref', '$dynamicRef', '$recursiveRef']) {
    const definition = ajv.getKeyword(keyword)
    if (typeof definition !== 'object' || !('code' in definition)) continue
    const { code } = definition
    const counted = (context: KeywordCxt, ruleType?: string): void => {
      const { gen } = context
      gen.code(_`${gen.scopeValue('func', { ref: step })}()`)
      code(context, ruleType)
    }
    ajv.removeKeyword(keyword)
    ajv.addKeyword({ ...definition, keyword, code: counted })
  }
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
      return (value: unknown) => known.has(equalityKey(value))
    },
  })
}

interface NamedSchema {
  readonly name: string
  readonly schema: JsonSchema
}

/**
 * Under its name, under what that is relative to a schema that may call it so, and under its own address. What comes first counts.
 */
function addReferences(ajv: Validator, root: JsonSchema, references: readonly NamedSchema[]): void {
  const bases = [root, ...references.map(({ schema }) => schema)].flatMap((schema) => addressOf(schema) ?? [])
  for (const { name, schema } of references) {
    const bare = withoutDraft(schema)
    const names = [name, ...bases.flatMap((base) => resolvedAddress(name, base) ?? [])]
    for (const key of new Set(names.map((it) => it.replace(/#$/, '')))) {
      if (ajv.schemas[key] === undefined && ajv.refs[key] === undefined) ajv.addSchema(bare, key, undefined, false)
    }
  }
}

const addressOf = (schema: JsonSchema): string | undefined => textAt(schema, draftOf(schema) === '4' ? 'id' : '$id')

function resolvedAddress(name: string, base: string): string | undefined {
  return URL.canParse(name, base) ? new URL(name, base).href : undefined
}

function shown(errors: readonly ErrorObject[]): string {
  const texts = errors.slice(0, errorsMax).map(({ instancePath, message = 'is not valid', params }) => {
    const name: unknown = params['additionalProperty'] ?? params['unevaluatedProperty'] ?? params['propertyName']
    const which = typeof name === 'string' ? ` ('${name.slice(0, 100)}')` : ''
    return `${instancePath.slice(0, 500) || 'the value'} ${message.slice(0, 500)}${which}`
  })
  const more = errors.length > errorsMax ? `; and ${errors.length - errorsMax} more` : ''
  return texts.join('; ') + more
}
