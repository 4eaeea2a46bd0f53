/** Which types of fields are written alike, so that a reader with the one takes what was written with the other. */
import { type FieldType, isScalar, isSet } from './model.ts'
import { type MessageType, mapEntry, type Names, type Scope } from './names.ts'

type ScalarGroup = 'number' | 'signed number' | 'fixed32' | 'fixed64' | 'float' | 'double' | 'text'

const SCALAR_GROUPS: ReadonlyMap<string, ScalarGroup> = new Map([
  ['int32', 'number'],
  ['int64', 'number'],
  ['uint32', 'number'],
  ['uint64', 'number'],
  ['bool', 'number'],
  ['sint32', 'signed number'],
  ['sint64', 'signed number'],
  ['fixed32', 'fixed32'],
  ['sfixed32', 'fixed32'],
  ['fixed64', 'fixed64'],
  ['sfixed64', 'fixed64'],
  ['float', 'float'],
  ['double', 'double'],
  ['string', 'text'],
  ['bytes', 'text'],
])

export type ResolvedType =
  | { readonly kind: 'scalar'; readonly group: ScalarGroup }
  | { readonly kind: 'message'; readonly name: string; readonly type: MessageType | undefined }
  | { readonly kind: 'map'; readonly key: ResolvedType; readonly value: ResolvedType }

/** Names that stand for the types of a field that is a map are not followed further: a map holds no map. */
export function resolvedType(names: Names, scope: Scope, type: FieldType): ResolvedType {
  if (type.kind === 'map') {
    return { kind: 'map', key: simpleType(names, scope, type.key), value: simpleType(names, scope, type.value) }
  }
  const found = isScalar(type.name) ? undefined : names.type(scope, type.name)
  if (found?.kind === 'message' && isSet(found.message.options, 'map_entry')) {
    const entry = mapEntry(found.message)
    if (entry !== undefined) return resolvedType(names, found.scope, { kind: 'map', ...entry })
  }
  return simpleType(names, scope, type.name)
}

function simpleType(names: Names, scope: Scope, name: string): ResolvedType {
  const group = SCALAR_GROUPS.get(name)
  if (group !== undefined) return { kind: 'scalar', group }
  const type = names.type(scope, name)
  if (type?.kind === 'enum') return { kind: 'scalar', group: 'number' }
  return { kind: 'message', name, type }
}
