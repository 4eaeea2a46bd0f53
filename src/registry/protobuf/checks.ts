/** What a file that can be read may still have wrong: numbers and names that are used twice or not to be used, types that nobody knows. */
import type { InvalidSchemaError } from '../formats/format.ts'
import {
  type Enum,
  type Extend,
  type Field,
  type Group,
  isScalar,
  isSet,
  type Message,
  type ProtoFile,
  type Reserved,
  type Service,
} from './model.ts'
import { groupsOf, type NamedType, type Names, type Scope } from './names.ts'
import { invalidAt, shown } from './place.ts'
import { Ranges } from './ranges.ts'

/** Numbers that the implementations of Protobuf keep for themselves. */
const FIRST_KEPT = 19_000
const LAST_KEPT = 19_999

/** Throws InvalidSchemaError. */
export function checkFile(file: ProtoFile, names: Names): void {
  new FileCheck(file, names).check()
}

class FileCheck {
  readonly #file: ProtoFile
  readonly #names: Names

  constructor(file: ProtoFile, names: Names) {
    this.#file = file
    this.#names = names
  }

  check(): void {
    const file = this.#file
    const scope = this.#names.packageScope(file)
    const taken = this.#namesOfElements(file, 'the file')
    for (const service of file.services) {
      this.#take(taken, service.name, service.at, 'the file')
      this.#checkService(service, scope)
    }
    for (const message of file.messages) this.#checkMessage(message, scope.enter(message.name))
    for (const type of file.enums) this.#checkEnum(type)
    for (const extend of file.extends) this.#checkExtend(extend, scope)
  }

  #invalid(at: number, message: string): InvalidSchemaError {
    return invalidAt(this.#file.text, at, message)
  }

  #take(taken: Set<string>, name: string, at: number, where: string): void {
    if (taken.has(name)) throw this.#invalid(at, `${shown(name)} is defined twice in ${where}`)
    taken.add(name)
  }

  /** The constants of an enum stand beside it, not within it. */
  #namesOfElements(elements: Pick<Message, 'messages' | 'enums' | 'extends'>, where: string): Set<string> {
    const taken = new Set<string>()
    for (const message of elements.messages) this.#take(taken, message.name, message.at, where)
    for (const type of elements.enums) {
      this.#take(taken, type.name, type.at, where)
      for (const constant of type.constants) this.#take(taken, constant.name, constant.at, where)
    }
    for (const { fields, groups } of elements.extends) {
      for (const field of fields) this.#take(taken, field.name, field.at, where)
      for (const group of groups) this.#takeGroup(taken, group, where)
    }
    return taken
  }

  /** A group has two names: that of its message, and that of the field. */
  #takeGroup(taken: Set<string>, { at, message }: Group, where: string): void {
    this.#take(taken, message.name, at, where)
    this.#take(taken, message.name.toLowerCase(), at, where)
  }

  #checkService(service: Service, scope: Scope): void {
    const methods = new Set<string>()
    for (const rpc of service.rpcs) {
      this.#take(methods, rpc.name, rpc.at, `the service ${shown(service.name)}`)
      for (const type of [rpc.request, rpc.response]) this.#message(type, scope, rpc.at)
    }
  }

  #checkMessage(message: Message, scope: Scope): void {
    const where = `the message ${shown(message.name)}`
    const taken = this.#namesOfElements(message, where)
    const reservedNames = this.#reservedNames(message.reserved, where)
    const reserved = new Ranges(message.reserved)
    const { overlap } = new Ranges([...message.reserved, ...message.extensions])
    if (overlap !== undefined) throw this.#invalid(overlap.at, `${where} has the number ${overlap.first} in two ranges`)
    const extensions = new Ranges(message.extensions)
    const numbers = new Set<number>()
    const takeNumber = ({ at, number }: Field | Group, name: string) => {
      this.#checkNumber(at, number, name)
      if (numbers.has(number)) throw this.#invalid(at, `${where} has the number ${number} twice`)
      numbers.add(number)
      if (reserved.has(number))
        throw this.#invalid(at, `${where} reserves the number ${number}, which ${shown(name)} has`)
      if (extensions.has(number)) throw this.#invalid(at, `${where} leaves the number ${number} to extensions`)
      if (reservedNames.has(name)) throw this.#invalid(at, `${where} reserves the name ${shown(name)}`)
    }
    for (const oneof of message.oneofs) this.#take(taken, oneof.name, oneof.at, where)
    for (const field of [message, ...message.oneofs].flatMap(({ fields }) => fields)) {
      this.#take(taken, field.name, field.at, where)
      takeNumber(field, field.name)
      this.#checkFieldType(field, scope)
    }
    for (const group of groupsOf(message)) {
      this.#takeGroup(taken, group, where)
      takeNumber(group, group.message.name.toLowerCase())
      this.#checkMessage(group.message, scope.enter(group.message.name))
    }
    for (const nested of message.messages) this.#checkMessage(nested, scope.enter(nested.name))
    for (const type of message.enums) this.#checkEnum(type)
    for (const extend of message.extends) this.#checkExtend(extend, scope)
  }

  #checkNumber(at: number, number: number, name: string): void {
    if (number < FIRST_KEPT || number > LAST_KEPT) return
    throw this.#invalid(
      at,
      `${shown(name)} has the number ${number}: ${FIRST_KEPT} to ${LAST_KEPT} are kept for Protobuf itself`,
    )
  }

  #reservedNames(reserved: readonly Reserved[], where: string): ReadonlySet<string> {
    const names = new Set<string>()
    for (const { at, values } of reserved) {
      for (const value of values) {
        if (value.kind !== 'name') continue
        if (names.has(value.name)) throw this.#invalid(at, `${where} reserves the name ${shown(value.name)} twice`)
        names.add(value.name)
      }
    }
    return names
  }

  #checkFieldType({ at, type, name }: Field, scope: Scope): void {
    const typeName = type.kind === 'map' ? type.value : type.name
    if (isScalar(typeName)) return
    if (this.#names.type(scope, typeName) !== undefined) return
    throw this.#invalid(at, `the field ${shown(name)} is of the type ${shown(typeName)}, which is not found`)
  }

  #message(name: string, scope: Scope, at: number): NamedType {
    const type = this.#names.type(scope, name)
    if (type === undefined) throw this.#invalid(at, `the message ${shown(name)} is not found`)
    if (type.kind === 'enum') throw this.#invalid(at, `${shown(name)} is an enum, and here is the place of a message`)
    return type
  }

  #checkExtend(extend: Extend, scope: Scope): void {
    this.#message(extend.extendee, scope, extend.at)
    for (const field of extend.fields) {
      if (field.type.kind === 'map') throw this.#invalid(field.at, 'an extension cannot be a map')
      if (field.label === 'required') throw this.#invalid(field.at, "an extension cannot be 'required'")
      this.#checkNumber(field.at, field.number, field.name)
      this.#checkFieldType(field, scope)
    }
    for (const group of extend.groups) {
      this.#checkNumber(group.at, group.number, group.message.name)
      this.#checkMessage(group.message, scope.enter(group.message.name))
    }
  }

  #checkEnum(type: Enum): void {
    const where = `the enum ${shown(type.name)}`
    const [first] = type.constants
    if (first === undefined) throw this.#invalid(type.at, `${where} has no constant`)
    if (this.#file.syntax === 'proto3' && first.number !== 0) {
      throw this.#invalid(first.at, `${where} begins with ${first.number}, and in proto3 with 0`)
    }
    const reservedNames = this.#reservedNames(type.reserved, where)
    const reserved = new Ranges(type.reserved)
    const { overlap } = reserved
    if (overlap !== undefined) throw this.#invalid(overlap.at, `${where} has the number ${overlap.first} in two ranges`)
    const numbers = new Set<number>()
    const areAliasesAllowed = isSet(type.options, 'allow_alias')
    for (const { at, number, name } of type.constants) {
      if (numbers.has(number) && !areAliasesAllowed) {
        throw this.#invalid(at, `${where} has the number ${number} twice, and does not say allow_alias`)
      }
      numbers.add(number)
      if (reserved.has(number))
        throw this.#invalid(at, `${where} reserves the number ${number}, which ${shown(name)} has`)
      if (reservedNames.has(name)) throw this.#invalid(at, `${where} reserves the name ${shown(name)}`)
    }
  }
}
