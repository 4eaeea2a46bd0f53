/**
 * A file as it is stored, laid out as Confluent's registry does it: what is of one kind stands together, with an empty line before it,
 * and messages stand before enums.
 */
import {
  type Enum,
  type Extend,
  type Field,
  type Group,
  MAX_ENUM_NUMBER,
  MAX_FIELD_NUMBER,
  type Message,
  type NumberRange,
  type OneNumber,
  type Oneof,
  type ProtoFile,
  type Reserved,
  type Rpc,
  type Service,
} from './model.ts'
import { writeFieldOptions, writeOptionStatements } from './option-text.ts'
import { escapedText } from './string-literal.ts'
import { TextWriter } from './text-writer.ts'

/** Throws InvalidSchemaError where it becomes too long. */
export function textOf(file: ProtoFile): string {
  const writer = new TextWriter()
  if (file.syntax !== undefined) writer.line(`syntax = "${file.syntax}";`)
  if (file.edition !== undefined) writer.line(`edition = "${file.edition}";`)
  if (file.packageName !== undefined) writer.line(`package ${file.packageName};`)
  writeImports(writer, file)
  section(writer, file.options, () => writeOptionStatements(writer, file.options))
  const areNamesPlain = file.edition !== undefined
  section(writer, [...file.messages, ...file.enums], () => {
    for (const message of file.messages) writeMessage(writer, message, areNamesPlain)
    for (const type of file.enums) writeEnum(writer, type, areNamesPlain)
  })
  section(writer, file.extends, () => {
    for (const extend of file.extends) writeExtend(writer, extend, areNamesPlain)
  })
  section(writer, file.services, () => {
    for (const service of file.services) writeService(writer, service)
  })
  return writer.toString()
}

/** An empty line, and what follows it; nothing where there is nothing. */
function section(writer: TextWriter, elements: readonly unknown[], write: () => void): void {
  if (elements.length === 0) return
  writer.line()
  write()
}

/** The same in a block that is a level deeper: the line that it ends is that of the opening brace, or an empty one. */
function innerSection(writer: TextWriter, elements: readonly unknown[], write: () => void): void {
  section(writer, elements, () => writer.indented(write))
}

function writeImports(writer: TextWriter, file: ProtoFile): void {
  section(writer, file.imports, () => {
    for (const kind of ['plain', 'public', 'weak'] as const) {
      for (const element of file.imports) {
        if (element.kind !== kind) continue
        writer.line(`import ${kind === 'plain' ? '' : `${kind} `}"${escapedText(element.path, false)}";`)
      }
    }
  })
}

function writeMessage(writer: TextWriter, message: Message, areNamesPlain: boolean): void {
  writer.text(`message ${message.name} {`)
  writeBody(writer, message, areNamesPlain)
  writer.line('}')
}

function writeBody(writer: TextWriter, message: Message, areNamesPlain: boolean): void {
  innerSection(writer, message.reserved, () => {
    for (const reserved of message.reserved) writeReserved(writer, reserved, MAX_FIELD_NUMBER, areNamesPlain)
  })
  innerSection(writer, message.options, () => writeOptionStatements(writer, message.options))
  innerSection(writer, message.fields, () => writeFields(writer, message.fields))
  innerSection(writer, message.oneofs, () => {
    for (const oneof of message.oneofs) writeOneof(writer, oneof, areNamesPlain)
  })
  innerSection(writer, message.groups, () => writeGroups(writer, message.groups, areNamesPlain))
  innerSection(writer, message.extensions, () => {
    for (const { values, options } of message.extensions) {
      writer.text(`extensions ${values.map((value) => rangeText(value, MAX_FIELD_NUMBER)).join(', ')}`)
      writeFieldOptions(writer, options)
      writer.line(';')
    }
  })
  innerSection(writer, message.extends, () => {
    for (const extend of message.extends) writeExtend(writer, extend, areNamesPlain)
  })
  innerSection(writer, [...message.messages, ...message.enums], () => {
    for (const nested of message.messages) writeMessage(writer, nested, areNamesPlain)
    for (const type of message.enums) writeEnum(writer, type, areNamesPlain)
  })
}

function writeReserved(writer: TextWriter, reserved: Reserved, max: number, areNamesPlain: boolean): void {
  const values = reserved.values.map((value) => {
    if (value.kind !== 'name') return rangeText(value, max)
    return areNamesPlain ? value.name : `"${escapedText(value.name, false)}"`
  })
  writer.line(`reserved ${values.join(', ')};`)
}

function rangeText(value: OneNumber | NumberRange, max: number): string {
  if (value.kind === 'number') return `${value.number}`
  return `${value.first} to ${value.last < max ? value.last : 'max'}`
}

function writeFields(writer: TextWriter, fields: readonly Field[]): void {
  for (const { label, type, name, number, options } of fields) {
    const typeText = type.kind === 'name' ? type.name : `map<${type.key}, ${type.value}>`
    writer.text(`${label === undefined ? '' : `${label} `}${typeText} ${name} = ${number}`)
    writeFieldOptions(writer, options)
    writer.line(';')
  }
}

function writeGroups(writer: TextWriter, groups: readonly Group[], areNamesPlain: boolean): void {
  for (const { label, number, options, message } of groups) {
    writer.text(`${label === undefined ? '' : `${label} `}group ${message.name} = ${number}`)
    writeFieldOptions(writer, options)
    writer.text(' {')
    writeBody(writer, message, areNamesPlain)
    writer.line('}')
  }
}

function writeOneof(writer: TextWriter, oneof: Oneof, areNamesPlain: boolean): void {
  writer.text(`oneof ${oneof.name} {`)
  innerSection(writer, oneof.options, () => writeOptionStatements(writer, oneof.options))
  innerSection(writer, oneof.fields, () => writeFields(writer, oneof.fields))
  innerSection(writer, oneof.groups, () => writeGroups(writer, oneof.groups, areNamesPlain))
  writer.line('}')
}

function writeExtend(writer: TextWriter, extend: Extend, areNamesPlain: boolean): void {
  writer.text(`extend ${extend.extendee} {`)
  innerSection(writer, extend.fields, () => writeFields(writer, extend.fields))
  innerSection(writer, extend.groups, () => writeGroups(writer, extend.groups, areNamesPlain))
  writer.line('}')
}

function writeEnum(writer: TextWriter, type: Enum, areNamesPlain: boolean): void {
  writer.text(`enum ${type.name} {`)
  // No empty lines within an enum.
  innerSection(writer, [...type.reserved, ...type.options, ...type.constants], () => {
    for (const reserved of type.reserved) writeReserved(writer, reserved, MAX_ENUM_NUMBER, areNamesPlain)
    writeOptionStatements(writer, type.options)
    for (const { name, number, options } of type.constants) {
      writer.text(`${name} = ${number}`)
      writeFieldOptions(writer, options)
      writer.line(';')
    }
  })
  writer.line('}')
}

function writeService(writer: TextWriter, service: Service): void {
  writer.text(`service ${service.name} {`)
  innerSection(writer, service.options, () => writeOptionStatements(writer, service.options))
  innerSection(writer, service.rpcs, () => {
    for (const rpc of service.rpcs) writeRpc(writer, rpc)
  })
  writer.line('}')
}

function writeRpc(writer: TextWriter, rpc: Rpc): void {
  const request = `${rpc.isRequestStreamed ? 'stream ' : ''}${rpc.request}`
  const response = `${rpc.isResponseStreamed ? 'stream ' : ''}${rpc.response}`
  writer.text(`rpc ${rpc.name} (${request}) returns (${response})`)
  if (rpc.options.length > 0) {
    writer.line(' {')
    writer.indented(() => writeOptionStatements(writer, rpc.options))
    writer.text('}')
  }
  writer.line(';')
}
