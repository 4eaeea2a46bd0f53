/** Whether a text that claims to be a schema is one: the schemas of the drafts for schemas, checked by ajv. */
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import draft6 from 'ajv/dist/refs/json-schema-draft-06.json' with { type: 'json' }
import draft7 from 'ajv/dist/refs/json-schema-draft-07.json' with { type: 'json' }
import ajv4 from 'ajv-draft-04'
import draft4 from 'ajv-draft-04/dist/refs/json-schema-draft-04.json' with { type: 'json' }
import { InvalidSchemaError } from '../formats/format.ts'
import { type Draft, draftOfAddress } from './drafts.ts'
import type { JsonNode } from './json-node.ts'
import { plainValue } from './json-text.ts'

/** Formats are left alone: a regular expression of Java need not be one of JavaScript. */
const options: Options = { strict: false, validateFormats: false, logger: false }

/**
 * That the values of an `enum` differ is not checked: it says nothing about what is valid, Confluent's registry does not ask for it
 * either, and ajv compares each with each.
 */
const withoutUniqueness = <T extends { readonly properties: object }>(schema: T): T => ({
  ...schema,
  properties: { ...schema.properties, enum: { type: 'array', minItems: 1 } },
})

const metaSchema = (ajv: Pick<Ajv, 'getSchema'>, address: string): ValidateFunction => {
  const validate = ajv.getSchema(address)
  if (validate === undefined) throw new Error(`ajv has no ${address}`)
  return validate
}

const compilers: Readonly<Record<Draft, () => ValidateFunction>> = {
  '4': () => new ajv4.default({ ...options, meta: false }).compile(withoutUniqueness(draft4)),
  '6': () => new Ajv({ ...options, meta: false }).compile(withoutUniqueness(draft6)),
  '7': () => new Ajv({ ...options, meta: false }).compile(withoutUniqueness(draft7)),
  '2019-09': () => metaSchema(new Ajv2019(options), 'https://json-schema.org/draft/2019-09/schema'),
  '2020-12': () => metaSchema(new Ajv2020(options), 'https://json-schema.org/draft/2020-12/schema'),
}

/** Compiled when they are first asked for: that takes some tens of milliseconds. */
const compiled = new Map<Draft, ValidateFunction>()

const validatorOf = (draft: Draft): ValidateFunction => {
  const known = compiled.get(draft)
  if (known !== undefined) return known
  const validate = compilers[draft]()
  compiled.set(draft, validate)
  return validate
}

/** Of an alternative that failed each branch complains; the one that came furthest in says most. */
const deepest = (errors: readonly ErrorObject[]): ErrorObject | undefined =>
  errors.reduce<ErrorObject | undefined>(
    (best, error) => (best === undefined || error.instancePath.length > best.instancePath.length ? error : best),
    undefined,
  )

/** Throws InvalidSchemaError. */
export const checkAgainstDraft = (root: JsonNode, draft: Draft): void => {
  const validate = validatorOf(draft)
  if (validate(plainValue(root))) return
  const error = deepest(validate.errors ?? [])
  const message = error?.message ?? 'is not a schema'
  throw new InvalidSchemaError(`not a schema of draft ${draft}: #${error?.instancePath ?? ''} ${message}`)
}

const oldDrafts: Readonly<Partial<Record<Draft, object>>> = { '4': draft4, '6': draft6, '7': draft7 }

const modernDrafts: Readonly<Partial<Record<string, () => Pick<Ajv, 'refs'>>>> = {
  '2019-09': () => new Ajv2019(options),
  '2020-12': () => new Ajv2020(options),
}

/** The schema of a draft, for a schema that refers to that; undefined for any other address. */
export const metaSchemaAt = (address: string): string | undefined => {
  const draft = draftOfAddress(address)
  const old = draft === undefined ? undefined : oldDrafts[draft]
  if (old !== undefined) return JSON.stringify(old)
  const modern = /^https?:\/\/json-schema\.org\/draft\/(2019-09|2020-12)\/(.*)$/.exec(address)
  const known = modernDrafts[modern?.[1] ?? '']?.().refs[`https://json-schema.org/draft/${modern?.[1]}/${modern?.[2]}`]
  return known === undefined || typeof known === 'string' ? undefined : JSON.stringify(known.schema)
}
