/** Options in one form of the several that mean the same: names of extensions in full, parts of one message put together, in order. */
import {
  type Field,
  isScalar,
  type ListValue,
  type MapValue,
  type Message,
  type Option,
  type OptionValue,
} from './model.ts'
import type { ExtensionField, MessageType, Names, Scope } from './names.ts'
import { wholeNumber } from './token-reader.ts'

export function normalOptions(names: Names, scope: Scope, options: readonly Option[]): readonly Option[] {
  /** What an extension that holds one value is given, at all its places. */
  const parts = new Map<ExtensionField, OptionValue[]>()
  const normal: { readonly option: Option; readonly extension: ExtensionField | undefined }[] = []
  for (const option of options) {
    const [first] = option.name
    const extension = first?.isExtension ? names.extension(scope, first.name) : undefined
    const value = normalValue(names, scope, option.value)
    if (extension === undefined) {
      normal.push({ option: { name: option.name, value }, extension })
      continue
    }
    const whole = nested(names, scope, option, value)
    const before = extension.isRepeated ? undefined : parts.get(extension)
    if (before === undefined) {
      if (!extension.isRepeated) parts.set(extension, [whole])
      const name = [{ name: extension.fullName, isExtension: true }]
      normal.push({ option: { name, value: whole }, extension })
    } else before.push(whole)
  }
  return normal
    .map(({ option, extension }) => {
      const values = extension === undefined ? undefined : parts.get(extension)
      if (extension === undefined || values === undefined) return option
      return { name: option.name, value: merged(names, typeOf(names, extension.scope, extension.typeName), values) }
    })
    .toSorted((one, other) => compareText(sortName(one), sortName(other)))
    .map((option) => ({ name: option.name, value: sortedKeys(option.value) }))
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** What stands behind an extension decides nothing. */
function sortName(option: Option): string {
  const [first] = option.name
  return first?.isExtension ? first.name : option.name.map(({ name }) => name).join('.')
}

/** `(a).b.c = 1` as `(a) = { b: { c: 1 } }`. */
function nested(names: Names, scope: Scope, option: Option, value: OptionValue): OptionValue {
  return option.name.slice(1).reduceRight<OptionValue>((inner, part) => {
    const key = part.isExtension ? extensionKey(names, scope, part.name) : part.name
    return { kind: 'map', entries: new Map([[key, inner]]) }
  }, value)
}

function extensionKey(names: Names, scope: Scope, name: string): string {
  return `[${names.extension(scope, name)?.fullName ?? name}]`
}

function typeOf(names: Names, scope: Scope, typeName: string | undefined): MessageType | undefined {
  const type = typeName === undefined || isScalar(typeName) ? undefined : names.type(scope, typeName)
  return type?.kind === 'message' ? type : undefined
}

/** Several values of a field that holds one: messages grow together, of others the last one counts. */
function merged(names: Names, type: MessageType | undefined, values: readonly OptionValue[]): OptionValue {
  const last = values.at(-1)
  if (last === undefined) return { kind: 'list', values }
  if (last.kind !== 'map') return last
  const lastOther = values.findLastIndex(({ kind }) => kind !== 'map')
  const maps = values.slice(lastOther + 1).filter((value) => value.kind === 'map')
  const byKey = new Map<string, OptionValue[]>()
  for (const { entries } of maps) {
    for (const [key, value] of entries) {
      const before = byKey.get(key)
      if (before === undefined) byKey.set(key, [value])
      else before.push(value)
    }
  }
  const entries = [...byKey].map(([key, all]) => [key, mergedField(names, type, key, all)] as const)
  return { kind: 'map', entries: new Map(entries) }
}

function mergedField(
  names: Names,
  type: MessageType | undefined,
  key: string,
  values: readonly OptionValue[],
): OptionValue {
  const [only] = values
  if (only !== undefined && values.length === 1) return only
  const field = type === undefined ? undefined : fieldsOf(type).get(key)
  // What is not known to hold one value may hold many.
  if (type === undefined || field === undefined || field.label === 'repeated' || field.type.kind === 'map') {
    return { kind: 'list', values: values.flatMap(elements) }
  }
  return merged(names, typeOf(names, type.scope, field.type.name), values)
}

function elements(value: OptionValue): readonly OptionValue[] {
  return value.kind === 'list' ? value.values : [value]
}

/** Built once for a message: each of many options asks for them. */
const fieldsByMessage = new WeakMap<Message, ReadonlyMap<string, Field>>()

function fieldsOf({ message }: MessageType): ReadonlyMap<string, Field> {
  const known = fieldsByMessage.get(message)
  if (known !== undefined) return known
  const all = [message, ...message.oneofs].flatMap(({ fields }) => fields)
  const fields = new Map(all.map((field) => [field.name, field]))
  fieldsByMessage.set(message, fields)
  return fields
}

function normalValue(names: Names, scope: Scope, value: OptionValue): OptionValue {
  switch (value.kind) {
    case 'number':
      return { kind: 'number', text: normalNumber(value.text) }
    case 'list':
      return { kind: 'list', values: value.values.map((element) => normalValue(names, scope, element)) }
    case 'map':
      return normalMap(names, scope, value)
    default:
      return value
  }
}

function normalMap(names: Names, scope: Scope, value: MapValue): MapValue {
  const entries = new Map<string, OptionValue>()
  for (const [key, element] of value.entries) {
    if (element.kind === 'list' && element.values.length === 0) continue
    const name = key.startsWith('[') ? extensionKey(names, scope, key.slice(1, -1)) : key
    if (!entries.has(name)) entries.set(name, normalValue(names, scope, element))
  }
  return { kind: 'map', entries }
}

/** In order, and a list of one element within a message as that element. */
function sortedKeys(value: OptionValue): OptionValue {
  if (value.kind === 'list') return sortedList(value)
  if (value.kind !== 'map') return value
  const entries = [...value.entries].map(([key, element]) => [key, sortedKeys(unwrapped(element))] as const)
  return { kind: 'map', entries: new Map(entries.toSorted(([a], [b]) => compareText(a, b))) }
}

function sortedList({ values }: ListValue): ListValue {
  return { kind: 'list', values: values.map((element) => sortedKeys(unwrapped(element))) }
}

function unwrapped(value: OptionValue): OptionValue {
  return value.kind === 'list' && value.values.length === 1 ? (value.values[0] ?? value) : value
}

/** A whole number in decimal digits, and another one as short as it can be; what is none, as `-inf`, stays. */
function normalNumber(text: string): string {
  const sign = text.startsWith('-') ? '-' : ''
  const written = text.slice(sign.length)
  if (/^[1-9]\d*$/.test(written)) return text
  const whole = wholeNumber(written)
  if (whole !== undefined) {
    const digits = wholeDigits(written)
    return digits === '0' ? '0' : sign + digits
  }
  const value = Number(written.replace(/[fF]$/, ''))
  return Number.isFinite(value) ? sign + String(value) : text
}

/** More digits than a number holds are kept; a text too long to be a number of 64 bits stays as it is. */
function wholeDigits(written: string): string {
  if (written.length > 40) return written
  return BigInt(/^0[0-7]+$/.test(written) ? `0o${written.slice(1)}` : written).toString()
}
