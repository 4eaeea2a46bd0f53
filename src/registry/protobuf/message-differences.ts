/** What is different between two messages themselves; which other pairs decide with them is said, not followed. */
import type { Difference, DifferenceKind } from './difference.ts'
import { type ResolvedType, resolvedType } from './field-kinds.ts'
import { type Enum, type FieldType, isSet, type Label, type Message } from './model.ts'
import type { MessageType, Names, Scope } from './names.ts'

/** Two messages that are to be compared, as a field or a message around them holds them. */
interface InnerPair {
  readonly original: MessageType
  readonly update: MessageType
  /** Of the field whose type they are: it is of another type where they do not go together. */
  readonly fieldPath: string | undefined
}

export interface Comparison {
  readonly differences: Difference[]
  readonly inner: InnerPair[]
}

/** The two schemas that the types stand in. */
export interface Sides {
  readonly original: Names
  readonly update: Names
}

/** What messages, and files, have in them. */
export interface TypeLists {
  readonly messages: readonly Message[]
  readonly enums: readonly Enum[]
}

/** A field, or a group, of which the message is the type. */
interface Member {
  readonly name: string
  readonly label: Label | undefined
  readonly type: FieldType | MessageType
  readonly oneof: string | undefined
}

export function compareMessages(sides: Sides, original: MessageType, update: MessageType): Comparison {
  const comparison: Comparison = { differences: [], inner: [] }
  const path = `#/${update.localName.replaceAll('.', '/')}`
  compareMembers(sides, original, update, path, comparison)
  compareTypeLists(
    { ...original.message, scope: original.scope },
    { ...update.message, scope: update.scope },
    path,
    comparison,
  )
  return comparison
}

/** Messages and enums by their names. */
export function compareTypeLists(
  original: TypeLists & { readonly scope: Scope },
  update: TypeLists & { readonly scope: Scope },
  path: string,
  comparison: Comparison,
): void {
  const add = (kind: DifferenceKind, name: string) => comparison.differences.push({ kind, path: `${path}/${name}` })
  const before = byName(original.messages)
  const after = byName(update.messages)
  for (const [name, { index, element }] of before) {
    const found = after.get(name)
    if (found === undefined) {
      if (!isSet(element.options, 'map_entry')) add('MESSAGE_REMOVED', name)
      continue
    }
    const [one, other] = [original.scope.inner.get(name)?.type, update.scope.inner.get(name)?.type]
    if (one?.kind === 'message' && other?.kind === 'message') {
      comparison.inner.push({ original: one, update: other, fieldPath: undefined })
    }
    if (found.index !== index) add('MESSAGE_MOVED', name)
  }
  for (const [name, { element }] of after) {
    if (!before.has(name) && !isSet(element.options, 'map_entry')) add('MESSAGE_ADDED', name)
  }
  compareEnumLists(original.enums, update.enums, path, comparison.differences)
}

function byName<Element extends { readonly name: string }>(elements: readonly Element[]) {
  return new Map(elements.map((element, index) => [element.name, { index, element }]))
}

function compareEnumLists(original: readonly Enum[], update: readonly Enum[], path: string, into: Difference[]): void {
  const before = byName(original)
  const after = byName(update)
  for (const [name, { element }] of before) {
    const found = after.get(name)
    if (found === undefined) into.push({ kind: 'ENUM_REMOVED', path: `${path}/${name}` })
    else compareConstants(element, found.element, `${path}/${name}`, into)
  }
  for (const name of after.keys()) if (!before.has(name)) into.push({ kind: 'ENUM_ADDED', path: `${path}/${name}` })
}

function compareConstants(original: Enum, update: Enum, path: string, into: Difference[]): void {
  // Of several names for a number, the last one counts.
  const before = new Map(original.constants.map(({ number, name }) => [number, name]))
  const after = new Map(update.constants.map(({ number, name }) => [number, name]))
  for (const [number, name] of before) {
    const found = after.get(number)
    if (found === undefined) into.push({ kind: 'ENUM_CONST_REMOVED', path: `${path}/${number}` })
    else if (found !== name) into.push({ kind: 'ENUM_CONST_CHANGED', path: `${path}/${number}` })
  }
  for (const number of after.keys()) {
    if (!before.has(number)) into.push({ kind: 'ENUM_CONST_ADDED', path: `${path}/${number}` })
  }
}

/** Fields, those of oneofs among them, and groups, by their numbers. */
function membersOf({ message, scope }: MessageType): ReadonlyMap<number, Member> {
  const members = new Map<number, Member>()
  const add = (lists: Pick<Message, 'fields' | 'groups'>, oneof: string | undefined) => {
    for (const { name, label, type, number } of lists.fields) members.set(number, { name, label, type, oneof })
    for (const { message: body, label, number } of lists.groups) {
      const type = scope.inner.get(body.name)?.type
      if (type?.kind === 'message') members.set(number, { name: body.name.toLowerCase(), label, type, oneof })
    }
  }
  add(message, undefined)
  for (const oneof of message.oneofs) add(oneof, oneof.name)
  return members
}

function compareMembers(
  sides: Sides,
  original: MessageType,
  update: MessageType,
  path: string,
  comparison: Comparison,
): void {
  const before = membersOf(original)
  const after = membersOf(update)
  const deleted = deletedOneofs(original.message, update.message, before, after)
  const { differences } = comparison
  compareOneofs(original.message, update.message, before, after, path, differences)
  const pathOf = ({ oneof }: Member, number: number) =>
    oneof === undefined ? `${path}/${number}` : `${path}/${oneof}/${number}`
  for (const [number, member] of before) {
    const found = after.get(number)
    if (found !== undefined) {
      if (member.oneof !== undefined && found.oneof === undefined) {
        differences.push({ kind: 'ONEOF_FIELD_MOVED_TO_TOP_LEVEL', path: `${path}/${number}` })
      }
      if (member.name !== found.name) differences.push({ kind: 'FIELD_NAME_CHANGED', path: pathOf(found, number) })
      compareTypes(
        sides,
        { member, scope: original.scope },
        { member: found, scope: update.scope },
        pathOf(found, number),
        comparison,
      )
    } else if (member.oneof === undefined) {
      const kind = member.label === 'required' ? 'REQUIRED_FIELD_REMOVED' : 'FIELD_REMOVED'
      differences.push({ kind, path: pathOf(member, number) })
    } else if (!deleted.has(member.oneof)) {
      differences.push({ kind: 'ONEOF_FIELD_REMOVED', path: pathOf(member, number) })
    }
  }
  for (const [number, member] of after) {
    if (before.has(number)) continue
    const kind = member.label === 'required' ? 'REQUIRED_FIELD_ADDED' : 'FIELD_ADDED'
    differences.push({ kind: member.oneof === undefined ? kind : 'ONEOF_FIELD_ADDED', path: pathOf(member, number) })
  }
}

/** Those that are gone with all that was in them, which a reader may ignore as a whole. */
function deletedOneofs(
  original: Message,
  update: Message,
  before: ReadonlyMap<number, Member>,
  after: ReadonlyMap<number, Member>,
): ReadonlySet<string> {
  const deleted = new Set(original.oneofs.map(({ name }) => name))
  for (const { name } of update.oneofs) deleted.delete(name)
  for (const [number, { oneof }] of before) if (oneof !== undefined && after.has(number)) deleted.delete(oneof)
  return deleted
}

/** Whether fields that could be set together exclude each other now, and which oneofs came and went. */
function compareOneofs(
  original: Message,
  update: Message,
  before: ReadonlyMap<number, Member>,
  after: ReadonlyMap<number, Member>,
  path: string,
  into: Difference[],
): void {
  /** By the name of the oneof: the oneofs and the fields that its fields come from; new ones come from nowhere. */
  const origins = new Map<string, { readonly oneofs: Set<string>; fields: number }>()
  for (const [number, { oneof }] of after) {
    const from = before.get(number)
    if (oneof === undefined || from === undefined) continue
    const origin = origins.get(oneof) ?? { oneofs: new Set<string>(), fields: 0 }
    origins.set(oneof, origin)
    if (from.oneof === undefined) origin.fields++
    else origin.oneofs.add(from.oneof)
  }
  for (const [name, { oneofs, fields }] of origins) {
    if (oneofs.size + fields < 2) continue
    const kind = fields > 1 ? 'MULTIPLE_FIELDS_MOVED_TO_ONEOF' : 'FIELD_MOVED_TO_EXISTING_ONEOF'
    into.push({ kind, path: `${path}/${name}` })
  }
  const names = byName(original.oneofs)
  const newNames = byName(update.oneofs)
  for (const name of names.keys()) {
    if (!newNames.has(name)) into.push({ kind: 'ONEOF_REMOVED', path: `${path}/${name}` })
  }
  for (const name of newNames.keys()) {
    if (!names.has(name)) into.push({ kind: 'ONEOF_ADDED', path: `${path}/${name}` })
  }
}

interface Placed {
  readonly member: Member
  /** From where the name of its type is looked up. */
  readonly scope: Scope
}

function compareTypes(sides: Sides, original: Placed, update: Placed, path: string, comparison: Comparison): void {
  const before = original.member.type
  const after = update.member.type
  if (before.kind === 'message' || after.kind === 'message') {
    // A group is not written as a message is.
    if (before.kind !== 'message' || after.kind !== 'message')
      comparison.differences.push({ kind: 'FIELD_KIND_CHANGED', path })
    else comparison.inner.push({ original: before, update: after, fieldPath: path })
    return
  }
  const one = resolvedType(sides.original, original.scope, before)
  const other = resolvedType(sides.update, update.scope, after)
  const labels = { original: original.member.label, update: update.member.label }
  compareResolved(one, other, labels, path, comparison)
}

interface Labels {
  readonly original: Label | undefined
  readonly update: Label | undefined
}

const NO_LABELS: Labels = { original: undefined, update: undefined }

function compareResolved(
  original: ResolvedType,
  update: ResolvedType,
  labels: Labels,
  path: string,
  comparison: Comparison,
): void {
  const add = (kind: DifferenceKind) => comparison.differences.push({ kind, path })
  if (original.kind === 'scalar' && update.kind === 'scalar') {
    if (original.group !== update.group) add('FIELD_SCALAR_KIND_CHANGED')
    else if (labels.original !== undefined && labels.update !== undefined && labels.original !== labels.update) {
      add(original.group === 'text' ? 'FIELD_STRING_OR_BYTES_LABEL_CHANGED' : 'FIELD_NUMERIC_LABEL_CHANGED')
    }
  } else if (original.kind === 'map' && update.kind === 'map') {
    compareResolved(original.key, update.key, NO_LABELS, path, comparison)
    compareResolved(original.value, update.value, NO_LABELS, path, comparison)
  } else if (original.kind === 'message' && update.kind === 'message') {
    const [before, after] = [original.type, update.type]
    // A name that leads nowhere is all that there is to compare.
    if (before === undefined || after === undefined) {
      if (original.name !== update.name) add('FIELD_NAMED_TYPE_CHANGED')
    } else if (before.localName !== after.localName) add('FIELD_NAMED_TYPE_CHANGED')
    // Those of the schemas themselves are compared by their names anyway.
    else if (!before.isOwn || !after.isOwn) comparison.inner.push({ original: before, update: after, fieldPath: path })
  } else add('FIELD_KIND_CHANGED')
}
