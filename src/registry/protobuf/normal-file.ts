/**
 * The one form of all texts that mean the same: names in full, and in order what has no order. Messages, enums, services and methods keep
 * theirs: a client counts messages to say which one it has written.
 */
import {
  type Enum,
  type EnumConstant,
  type Extend,
  type Extensions,
  type Field,
  type FieldType,
  type Group,
  type Import,
  isScalar,
  isSet,
  type Message,
  type Oneof,
  type ProtoFile,
  type Reserved,
} from './model.ts'
import { mapEntry, type Names, type Scope } from './names.ts'
import { compareText, normalOptions } from './normal-options.ts'

export function normalFile(file: ProtoFile, names: Names): ProtoFile {
  const scope = names.packageScope(file)
  return {
    ...file,
    // What says no syntax means this one.
    syntax: file.syntax === 'proto2' ? undefined : file.syntax,
    imports: normalImports(file.imports),
    options: normalOptions(names, scope, file.options),
    messages: normalMessages(file.messages, names, scope),
    enums: file.enums.map((type) => normalEnum(type, names, scope.enter(type.name))),
    extends: normalExtends(file.extends, names, scope),
    services: file.services.map((service) => ({
      ...service,
      options: normalOptions(names, scope, service.options),
      rpcs: service.rpcs.map((rpc) => ({
        ...rpc,
        request: fullTypeName(rpc.request, names, scope),
        response: fullTypeName(rpc.response, names, scope),
        options: normalOptions(names, scope, rpc.options),
      })),
    })),
  }
}

function normalImports(imports: readonly Import[]): readonly Import[] {
  const byPath = new Map(imports.map((element) => [`${element.kind} ${element.path}`, element]))
  return [...byPath.values()].toSorted((a, b) => compareText(a.path, b.path))
}

/** Without those that stand for the entries of maps: the fields say `map`. */
function normalMessages(messages: readonly Message[], names: Names, scope: Scope): readonly Message[] {
  return messages
    .filter((message) => !isSet(message.options, 'map_entry') || mapEntry(message) === undefined)
    .map((message) => normalMessage(message, names, scope.enter(message.name)))
}

/** `scope` is that of the message itself, here and below. */
function normalMessage(message: Message, names: Names, scope: Scope): Message {
  return {
    at: message.at,
    name: message.name,
    options: normalOptions(names, scope, message.options),
    reserved: normalReserved(message.reserved),
    fields: normalFields(message.fields, names, scope),
    oneofs: normalOneofs(message.oneofs, names, scope),
    groups: normalGroups(message.groups, names, scope),
    extensions: normalExtensions(message.extensions, names, scope),
    extends: normalExtends(message.extends, names, scope),
    messages: normalMessages(message.messages, names, scope),
    enums: message.enums.map((type) => normalEnum(type, names, scope.enter(type.name))),
  }
}

function fullTypeName(name: string, names: Names, scope: Scope): string {
  if (isScalar(name)) return name
  const type = names.type(scope, name)
  return type === undefined ? name : `.${type.fullName}`
}

function byNumber(a: { readonly number: number }, b: { readonly number: number }): number {
  return a.number - b.number
}

function normalFields(fields: readonly Field[], names: Names, scope: Scope): readonly Field[] {
  return fields.map((field) => normalField(field, names, scope)).toSorted(byNumber)
}

function normalField(field: Field, names: Names, scope: Scope): Field {
  const type = normalType(field.type, names, scope)
  const label = type.kind === 'map' ? undefined : field.label
  return { ...field, label, type, options: normalOptions(names, scope, field.options) }
}

function normalType(type: FieldType, names: Names, scope: Scope): FieldType {
  if (type.kind === 'map') return { ...type, value: fullTypeName(type.value, names, scope) }
  if (isScalar(type.name)) return type
  const found = names.type(scope, type.name)
  if (found?.kind === 'message' && isSet(found.message.options, 'map_entry')) {
    const entry = mapEntry(found.message)
    if (entry !== undefined)
      return { kind: 'map', key: entry.key, value: fullTypeName(entry.value, names, found.scope) }
  }
  return { kind: 'name', name: fullTypeName(type.name, names, scope) }
}

function normalGroups(groups: readonly Group[], names: Names, scope: Scope): readonly Group[] {
  return groups
    .map((group) => ({
      ...group,
      options: normalOptions(names, scope, group.options),
      message: normalMessage(group.message, names, scope.enter(group.message.name)),
    }))
    .toSorted(byNumber)
}

function normalOneofs(oneofs: readonly Oneof[], names: Names, scope: Scope): readonly Oneof[] {
  const first = ({ fields, groups }: Oneof) => Math.min(fields[0]?.number ?? Infinity, groups[0]?.number ?? Infinity)
  return oneofs
    .filter(({ fields, groups }) => fields.length + groups.length > 0)
    .map((oneof) => ({
      ...oneof,
      options: normalOptions(names, scope, oneof.options),
      fields: normalFields(oneof.fields, names, scope),
      groups: normalGroups(oneof.groups, names, scope),
    }))
    .toSorted((a, b) => first(a) - first(b))
}

type ReservedValue = Reserved['values'][number]

/** A range of one number is that number. */
function single<Value extends ReservedValue>(value: Value): Value | { kind: 'number'; number: number } {
  return value.kind === 'range' && value.first === value.last ? { kind: 'number', number: value.first } : value
}

function startOf(value: ReservedValue): number {
  if (value.kind === 'name') return Infinity
  return value.kind === 'number' ? value.number : value.first
}

/** Each by itself, numbers before names. */
function normalReserved(all: readonly Reserved[]): readonly Reserved[] {
  return all
    .flatMap(({ at, values }) => values.map((value) => ({ at, value: single(value) })))
    .toSorted((a, b) => {
      if (a.value.kind === 'name' && b.value.kind === 'name') return compareText(a.value.name, b.value.name)
      return startOf(a.value) - startOf(b.value)
    })
    .map(({ at, value }) => ({ at, values: [value] }))
}

function normalExtensions(all: readonly Extensions[], names: Names, scope: Scope): readonly Extensions[] {
  return all
    .flatMap(({ at, values, options }) => {
      const normal = normalOptions(names, scope, options)
      return values.map((value) => ({ at, value: single(value), options: normal }))
    })
    .toSorted((a, b) => startOf(a.value) - startOf(b.value))
    .map(({ at, value, options }) => ({ at, values: [value], options }))
}

/** All fields that a message gets, together. */
function normalExtends(all: readonly Extend[], names: Names, scope: Scope): readonly Extend[] {
  const byExtendee = new Map<string, Extend[]>()
  for (const extend of all) {
    if (extend.fields.length + extend.groups.length === 0) continue
    const name = fullTypeName(extend.extendee, names, scope)
    const same = byExtendee.get(name)
    if (same === undefined) byExtendee.set(name, [extend])
    else same.push(extend)
  }
  return [...byExtendee].map(([extendee, same]) => ({
    at: 0,
    extendee,
    fields: normalFields(
      same.flatMap(({ fields }) => fields),
      names,
      scope,
    ),
    groups: normalGroups(
      same.flatMap(({ groups }) => groups),
      names,
      scope,
    ),
  }))
}

/** The number that comes first stays first: a field that is missing has it. */
function normalEnum(type: Enum, names: Names, scope: Scope): Enum {
  const first = type.constants[0]?.number
  const order = (constant: EnumConstant) => (constant.number === first ? -Infinity : constant.number)
  return {
    ...type,
    options: normalOptions(names, scope, type.options),
    reserved: normalReserved(type.reserved),
    constants: type.constants
      .map((constant) => ({ ...constant, options: normalOptions(names, scope, constant.options) }))
      .toSorted((a, b) => (a.number === b.number ? compareText(a.name, b.name) : order(a) < order(b) ? -1 : 1)),
  }
}
