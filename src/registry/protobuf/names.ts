/** What names mean: all types and extensions that a schema can name, and the rules by which a name is looked up from within a scope. */
import { InvalidSchemaError } from '../formats/format.ts'
import type { Enum, Field, Group, Message, ProtoFile } from './model.ts'

/** A full name is no longer: a long package before each of many types would take more memory than the text is worth. */
const MAX_NAME_LENGTH = 1000

interface TypePlace {
  readonly fullName: string
  /** Without the package. */
  readonly localName: string
  /** Of the type itself: from here the names in it are looked up. */
  readonly scope: Scope
  /** It stands in the schema itself, not in a file that is imported. */
  readonly isOwn: boolean
}

export interface MessageType extends TypePlace {
  readonly kind: 'message'
  readonly message: Message
}

interface EnumType extends TypePlace {
  readonly kind: 'enum'
  readonly enum: Enum
}

export type NamedType = MessageType | EnumType

export interface ExtensionField {
  readonly fullName: string
  readonly number: number
  readonly isRepeated: boolean
  readonly isGroup: boolean
  /** The name of its type is looked up from here, and that of what it extends. */
  readonly scope: Scope
  readonly extendee: string
  readonly typeName: string | undefined
}

/** A part of a package, a message or an enum, with what has a name in it. */
export class Scope {
  readonly parent: Scope | undefined
  readonly inner = new Map<string, Scope>()
  readonly extensions = new Map<string, ExtensionField>()
  type: NamedType | undefined

  constructor(parent: Scope | undefined) {
    this.parent = parent
  }

  enter(name: string): Scope {
    const known = this.inner.get(name)
    if (known !== undefined) return known
    const scope = new Scope(this)
    this.inner.set(name, scope)
    return scope
  }

  at(path: readonly string[]): Scope | undefined {
    let scope: Scope | undefined = this
    for (const part of path) {
      scope = scope.inner.get(part)
      if (scope === undefined) return undefined
    }
    return scope
  }
}

export class Names {
  readonly root = new Scope(undefined)

  /** What is added later hides what has the same name. */
  add(file: ProtoFile, isOwn: boolean): void {
    const packageName = file.packageName ?? ''
    if (packageName.length > MAX_NAME_LENGTH) throw tooLong()
    const packagePrefix = packageName === '' ? '' : `${packageName}.`
    this.#addElements(this.packageScope(file), file, { packagePrefix, prefix: '', isOwn })
  }

  packageScope(file: ProtoFile): Scope {
    let scope = this.root
    for (const part of file.packageName?.split('.') ?? []) scope = scope.enter(part)
    return scope
  }

  /** The type by a name as it stands in a file: the innermost scope that has it counts. */
  type(from: Scope, name: string): NamedType | undefined {
    return this.#find(from, name, (path, scope) => scope.at(path)?.type)
  }

  extension(from: Scope, name: string): ExtensionField | undefined {
    return this.#find(from, name, (path, scope) => scope.at(path.slice(0, -1))?.extensions.get(path.at(-1) ?? ''))
  }

  #find<Found>(
    from: Scope,
    name: string,
    look: (path: readonly string[], scope: Scope) => Found | undefined,
  ): Found | undefined {
    if (name.startsWith('.')) return look(name.slice(1).split('.'), this.root)
    const path = name.split('.')
    for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.parent) {
      const found = look(path, scope)
      if (found !== undefined) return found
    }
    return undefined
  }

  #addElements(scope: Scope, elements: Elements, place: Place): void {
    for (const message of elements.messages) this.#addMessage(scope, message, place)
    for (const type of elements.enums) {
      const inner = scope.enter(type.name)
      inner.type = { kind: 'enum', enum: type, ...typePlace(inner, type.name, place) }
    }
    for (const { extendee, fields, groups } of elements.extends) {
      for (const field of fields) {
        const typeName = field.type.kind === 'name' ? field.type.name : undefined
        addExtension(scope, { ...field, isGroup: false, extendee, typeName }, place)
      }
      for (const group of groups) {
        const name = group.message.name.toLowerCase()
        addExtension(scope, { ...group, name, isGroup: true, extendee, typeName: group.message.name }, place)
        this.#addMessage(scope, group.message, place)
      }
    }
  }

  #addMessage(scope: Scope, message: Message, place: Place): void {
    const inner = scope.enter(message.name)
    inner.type = { kind: 'message', message, ...typePlace(inner, message.name, place) }
    const innerPlace = { ...place, prefix: `${place.prefix}${message.name}.` }
    this.#addElements(inner, message, innerPlace)
    for (const group of groupsOf(message)) this.#addMessage(inner, group.message, innerPlace)
  }
}

/** What a file and a message have in common. */
type Elements = Pick<Message, 'messages' | 'enums' | 'extends'>

interface Place {
  /** With a dot at the end, as the other one; both may be empty. */
  readonly packagePrefix: string
  /** Of the messages that it is in. */
  readonly prefix: string
  readonly isOwn: boolean
}

function typePlace(scope: Scope, name: string, place: Place): TypePlace {
  const localName = `${place.prefix}${name}`
  const fullName = `${place.packagePrefix}${localName}`
  if (fullName.length > MAX_NAME_LENGTH) throw tooLong()
  return { fullName, localName, scope, isOwn: place.isOwn }
}

function tooLong(): InvalidSchemaError {
  return new InvalidSchemaError(`the full name of a type is longer than ${MAX_NAME_LENGTH} characters`)
}

interface Extension extends Pick<Field, 'name' | 'label' | 'number'> {
  readonly isGroup: boolean
  readonly extendee: string
  readonly typeName: string | undefined
}

function addExtension(scope: Scope, extension: Extension, place: Place): void {
  const { name, label, number, isGroup, extendee, typeName } = extension
  const fullName = `${place.packagePrefix}${place.prefix}${name}`
  scope.extensions.set(name, { fullName, number, isRepeated: label === 'repeated', isGroup, scope, extendee, typeName })
}

/** All groups of a message, those in its oneofs as well. */
export function groupsOf(message: Message): readonly Group[] {
  return [...message.groups, ...message.oneofs.flatMap((oneof) => oneof.groups)]
}

/** The key and the value of a message that stands for the entries of a map: older files come with them. */
export function mapEntry(message: Message): { readonly key: string; readonly value: string } | undefined {
  const key = message.fields.find((field) => field.name === 'key')?.type
  const value = message.fields.find((field) => field.name === 'value')?.type
  if (key?.kind !== 'name' || value?.kind !== 'name') return undefined
  return { key: key.name, value: value.name }
}
