/** Options in binary, as they stand in a text. Those of extensions that nobody knows are lost. */
import { isScalar, type Option, type OptionValue } from './model.ts'
import type { Names } from './names.ts'
import { stringOf } from './token-reader.ts'
import type { WireMessage, WireValue } from './wire-reader.ts'

export function descriptorOptions(names: Names, options: WireMessage): readonly Option[] {
  return [...options.fields].flatMap(([key, values]) => {
    const name = key.startsWith('[') ? { name: key.slice(1, -1), isExtension: true } : { name: key, isExtension: false }
    // What the compiler could not read itself is not written.
    if (key === 'uninterpreted_option') return []
    return values.map((value) => ({ name: [name], value: optionValue(names, options, key, value) }))
  })
}

function optionValue(names: Names, holder: WireMessage, key: string, value: WireValue): OptionValue {
  if (value instanceof Uint8Array) return stringOf(value)
  if (typeof value === 'object') return mapValue(names, value)
  if (typeof value === 'number') {
    const constant = constantOf(names, holder, key, value)
    if (constant !== undefined) return { kind: 'word', text: constant }
  }
  return { kind: typeof value === 'boolean' ? 'word' : 'number', text: String(value) }
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
function constantOf(names: Names, { type }: WireMessage, key: string, number: number): string | undefined {
  const field = [type.message, ...type.message.oneofs].flatMap(({ fields }) => fields).find(({ name }) => name === key)
  if (field?.type.kind !== 'name' || isScalar(field.type.name)) return undefined
  const found = names.type(type.scope, field.type.name)
  return found?.kind === 'enum' ? found.enum.constants.find((constant) => constant.number === number)?.name : undefined
}
