/**
 * Checks values by a JSON Schema, by ajv. It makes code of what comes from a registry, so that what it is given is bounded, and so is what
 * one value may cost.
 */
import type { ErrorObject, Options, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { Documents } from '../json/documents.ts'
import { draftOf } from '../json/drafts.ts'
import { isArray, isObject, type JsonNode, parseJson } from '../json/json-node.ts'
import { checkAgainstDraft } from '../json/meta-schemas.ts'
import type { WholeSchema } from './codec.ts'
import { bundleOf, type PlainSchema, type WholeBundle } from './json-bundle.ts'
import { jsonDepth } from './json-depth.ts'
import { replaceKeywords, type Validator } from './json-keywords.ts'
import { Patterns } from './json-pattern.ts'

/** Throws TypeError for a value that is not valid; its message says what is wrong, and where. */
export type JsonValidator = (value: unknown) => void

const textMax = 1_000_000
const depthMax = 100
/** Of all schemas together: values of JSON. */
const valuesMax = 20_000
/** References that are followed for one value: of some that lead to each other twice there is no end. */
const stepsMax = 5_000_000
const errorsMax = 5

/** What a value has cost so far. */
interface Cost {
  readonly patterns: Patterns
  steps: number
}

/** Throws where the schema is none. */
export function jsonValidator({ schema, resolved }: WholeSchema): JsonValidator {
  const root = parsed(schema)
  const references = resolved.map(({ text }) => parsed(text))
  checkSize([root, ...references])
  checkDrafts(root, references)
  const cost: Cost = { patterns: new Patterns(), steps: 0 }
  const bundle = bundleOf(new Documents(root, resolved))
  const validate = compiled(validatorOf(cost, bundle), bundle.schema)
  return (value) => {
    cost.steps = 0
    cost.patterns.reset()
    if (!isValid(validate, value)) throw new TypeError(`not valid by the schema: ${shown(validate.errors ?? [])}`)
  }
}

/** Ajv calls itself for what is nested, and makes nested code of properties. */
function compiled(ajv: Validator, schema: PlainSchema): ValidateFunction {
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

function parsed(text: string): JsonNode {
  if (text.length > textMax) throw new TypeError(`a schema has at most ${textMax} characters`)
  if (jsonDepth(Buffer.from(text), depthMax) > depthMax)
    throw new TypeError(`a schema is nested no deeper than ${depthMax}`)
  const schema = parseJson(text)
  if (typeof schema !== 'boolean' && !isObject(schema)) throw new TypeError('a JSON Schema is an object or a boolean')
  return schema
}

function checkSize(schemas: readonly JsonNode[]): void {
  const rest = [...schemas]
  for (let count = 0; rest.length > 0; count++) {
    if (count > valuesMax) throw new TypeError(`a schema has at most ${valuesMax} values, with all that it refers to`)
    const node = rest.pop()
    if (isObject(node)) for (const inner of node.values()) rest.push(inner)
    else if (isArray(node)) for (const inner of node) rest.push(inner)
  }
}

/** A reference that names no draft is of that of the schema. */
function checkDrafts(root: JsonNode, references: readonly JsonNode[]): void {
  const draft = draftOf(root)
  checkAgainstDraft(root, draft)
  for (const it of references) checkAgainstDraft(it, isObject(it) && it.has('$schema') ? draftOf(it) : draft)
}

function validatorOf(cost: Cost, { schema, hasUnevaluated }: WholeBundle): Validator {
  const options: Options = {
    strict: false,
    logger: false,
    // A name as 'constructor' is that of a property where there is such a property; to ask takes several times as long as all else.
    ownProperties: hasInherited(schema),
    // What ajv is given has been checked by the draft that it is of, and made anew.
    meta: false,
    validateSchema: false,
    code: { regExp: Object.assign((source: string) => cost.patterns.compile(source), { code: '' }) },
  }
  const ajv = new Ajv2020(options)
  // Else it would keep account of what has been evaluated all the same.
  ajv.opts.unevaluated = hasUnevaluated
  ajvFormats.default(ajv)
  boundUrls(ajv, cost)
  replaceKeywords(ajv, () => {
    if (++cost.steps > stepsMax) throw new RangeError('the references of the schema take too long for this value')
  })
  return ajv
}

const inheritedNames = Object.getOwnPropertyNames(Object.prototype).map((name) => JSON.stringify(name))

/** Whether it speaks of what every object has, as if of a property. */
function hasInherited(schema: PlainSchema): boolean {
  const text = JSON.stringify(schema)
  return inheritedNames.some((name) => text.includes(name))
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

function shown(errors: readonly ErrorObject[]): string {
  const texts = errors.slice(0, errorsMax).map(({ instancePath, message = 'is not valid', params }) => {
    const name: unknown = params['additionalProperty'] ?? params['unevaluatedProperty'] ?? params['propertyName']
    const which = typeof name === 'string' ? ` ('${name.slice(0, 100)}')` : ''
    return `${instancePath.slice(0, 500) || 'the value'} ${message.slice(0, 500)}${which}`
  })
  const more = errors.length > errorsMax ? `; and ${errors.length - errorsMax} more` : ''
  return texts.join('; ') + more
}
