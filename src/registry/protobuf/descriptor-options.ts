/** Options in binary, as they stand in a text. Those of extensions that nobody knows are lost. */
import { type Enum, isScalar, type Option, type OptionNamePart, type OptionValue } from './model.ts'
import type { Names } from './names.ts'
import { stringOf } from './token-reader.ts'
import type { WireMessage, WireValue } from './wire-reader.ts'

export function descriptorOptions(names: Names, options: WireMessage): readonly Option[] {
  return [...options.fields].flatMap(([key, values]) => {
    const name = partOf(key)
    // What the compiler could not read itself is not written.
    if (key === 'uninterpreted_option') return []
    return values.flatMap((value) => {
      const whole = optionValue(names, options, key, value)
      // One by one, as they are mostly written.
      if (key !== 'features' || whole.kind !== 'map') return [{ name: [name], value: whole }]
      return [...whole.entries].map(([part, feature]) => ({ name: [name, partOf(part)], value: feature }))
    })
  })
}

function partOf(key: string): OptionNamePart {
  return key.startsWith('[') ? { name: key.slice(1, -1), isExtension: true } : { name: key, isExtension: false }
}

function optionValue(names: Names, holder: WireMessage, key: string, value: WireValue): OptionValue {
  if (value instanceof Uint8Array) return stringOf(value)
  if (typeof value === 'object') return mapValue(names, value)
  if (typeof value === 'number') {
    const constant = constantOf(names, holder, key, value)
    if (constant !== undefined) return { kind: 'word', text: constant }
  }
  if (typeof value === 'boolean') return { kind: 'word', text: String(value) }
  const text = numberText(value)
  return { kind: /^[a-z]/.test(text) ? 'word' : 'number', text }
}

function mapValue(names: Names, message: WireMessage): OptionValue {
  const entries = [...message.fields].map(([key, values]): readonly [string, OptionValue] => {
    const [first, ...more] = values.map((value) => optionValue(names, message, key, value))
    return [
      key,
      first !== undefined && more.length === 0
        ? first
        : { kind: 'list', values: first === undefined ? [] : [first, ...more] },
    ]
  })
  return { kind: 'map', entries: new Map(entries) }
}

/** The name of an enum's number. */
function constantOf(names: Names, { known }: WireMessage, key: string, number: number): string | undefined {
  const field = known.get(key)
  if (field === undefined || isScalar(field.typeName)) return undefined
  const found = names.type(field.scope, field.typeName)
  return found?.kind === 'enum' ? constantsOf(found.enum).get(number) : undefined
}

/** Built once for an enum: each of many options asks for them. */
const constantsByEnum = new WeakMap<Enum, ReadonlyMap<number, string>>()

/** Of several names of one number, the first. */
function constantsOf(type: Enum): ReadonlyMap<number, string> {
  const known = constantsByEnum.get(type)
  if (known !== undefined) return known
  const constants = new Map(type.constants.toReversed().map(({ name, number }) => [number, name]))
  constantsByEnum.set(type, constants)
  return constants
}

/** As a text writes it. */
function numberText(value: number | bigint): string {
  return value === Infinity ? 'inf' : value === -Infinity ? '-inf' : Number.isNaN(value) ? 'nan' : String(value)
}
