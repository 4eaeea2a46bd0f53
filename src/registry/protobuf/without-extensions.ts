/** A file without what extends others, or may be extended, and without options of its own making, but those of Confluent. */
import type { Enum, Field, Group, Message, Oneof, Option, ProtoFile } from './model.ts'

const KEPT = /^\.?confluent\./

export function withoutExtensions(file: ProtoFile): ProtoFile {
  return {
    ...plain(file),
    messages: file.messages.map(plainMessage),
    enums: file.enums.map(plainEnum),
    extends: [],
    services: file.services.map((service) => ({ ...plain(service), rpcs: service.rpcs.map(plain) })),
  }
}

function plain<Element extends { readonly options: readonly Option[] }>(element: Element): Element {
  const options = element.options.filter(({ name: [first] }) => first?.isExtension !== true || KEPT.test(first.name))
  return { ...element, options }
}

function plainMessage(message: Message): Message {
  return {
    ...plain(message),
    ...plainFields(message),
    oneofs: message.oneofs.map((oneof): Oneof => ({ ...plain(oneof), ...plainFields(oneof) })),
    extensions: [],
    extends: [],
    messages: message.messages.map(plainMessage),
    enums: message.enums.map(plainEnum),
  }
}

function plainFields({ fields, groups }: Pick<Message, 'fields' | 'groups'>): {
  readonly fields: readonly Field[]
  readonly groups: readonly Group[]
} {
  return {
    fields: fields.map(plain),
    groups: groups.map((group) => ({ ...plain(group), message: plainMessage(group.message) })),
  }
}

function plainEnum(type: Enum): Enum {
  return { ...plain(type), constants: type.constants.map(plain) }
}
