/** A default in the one way of writing it that its type has: 1 of a `double` is 1.0, and names are in order. */
import type { AvroType, Slot } from './avro-type.ts'
import { floatOf, isArray, isNumber, isObject, type Json, numberOf, sortedJson } from './json.ts'

/** The default fits the type: that was looked at when it was read. */
export function normalDefault(value: Json, type: AvroType): Json {
  switch (type.kind) {
    case 'float':
      return isNumber(value) ? { kind: 'real', value: floatOf(numberOf(value)) } : value
    case 'double':
      return isNumber(value) ? { kind: 'real', value: numberOf(value) } : value
    case 'array':
      return isArray(value) ? value.map((it) => normalDefault(it, type.items.type)) : value
    case 'map':
      return isObject(value) ? normalObject(value, () => type.values.type) : value
    case 'record':
      return isObject(value) ? normalObject(value, (name) => type.fieldsByName.get(name)?.slot.type) : value
    case 'union':
      return normalBranch(value, type.branches)
    default:
      return value
  }
}

function normalObject(value: ReadonlyMap<string, Json>, typeOf: (name: string) => AvroType | undefined): Json {
  const names = [...value.keys()].sort()
  return new Map(
    names.map((name): [string, Json] => {
      const type = typeOf(name)
      const part = value.get(name) ?? null
      return [name, type === undefined ? sortedJson(part) : normalDefault(part, type)]
    }),
  )
}

/** By the first branch that has values of that shape. */
function normalBranch(value: Json, branches: readonly Slot[]): Json {
  const branch = branches.find(({ type }) => hasShape(value, type))
  return branch === undefined ? sortedJson(value) : normalDefault(value, branch.type)
}

function hasShape(value: Json, { kind }: AvroType): boolean {
  if (isArray(value)) return kind === 'array'
  if (isObject(value)) return kind === 'map' || kind === 'record'
  if (!isNumber(value)) return false
  return kind === 'float' || kind === 'double' || (value.kind === 'integer' && (kind === 'int' || kind === 'long'))
}
