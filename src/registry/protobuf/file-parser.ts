/** The text of a `.proto` file, as a model of it. */
import { readEnum } from './enum-parser.ts'
import { type Dialect, readExtend, readMessage } from './message-parser.ts'
import type { Enum, Extend, Import, Message, Option, ProtoFile, Rpc, Service } from './model.ts'
import { readOptionStatement } from './option-parser.ts'
import { shown } from './place.ts'
import { TokenReader } from './token-reader.ts'

const EDITIONS: ReadonlySet<string> = new Set(['2023', '2024'])

interface FileParts {
  packageName: string | undefined
  readonly imports: Import[]
  readonly options: Option[]
  readonly messages: Message[]
  readonly enums: Enum[]
  readonly extends: Extend[]
  readonly services: Service[]
}

/** Throws InvalidSchemaError. */
export function parseFile(text: string): ProtoFile {
  const reader = new TokenReader(text)
  const { syntax, edition } = readSyntax(reader)
  const dialect: Dialect = { name: edition === undefined ? (syntax ?? 'proto2') : 'edition' }
  const parts: FileParts = {
    packageName: undefined,
    imports: [],
    options: [],
    messages: [],
    enums: [],
    extends: [],
    services: [],
  }
  while (!reader.isAtEnd) readElement(reader, dialect, parts)
  return { text, syntax, edition, ...parts }
}

function readSyntax(reader: TokenReader): Pick<ProtoFile, 'syntax' | 'edition'> {
  // An empty statement may stand before it.
  while (reader.take(';'));
  const at = reader.at
  if (reader.take('syntax')) {
    reader.expect('=')
    const { text } = reader.string('the name of a syntax')
    reader.expect(';')
    if (text === 'proto2' || text === 'proto3') return { syntax: text, edition: undefined }
    throw reader.invalid(`a syntax that is not known: ${shown(text)}`, at)
  }
  if (!reader.take('edition')) return { syntax: undefined, edition: undefined }
  reader.expect('=')
  const { text } = reader.string('the name of an edition')
  reader.expect(';')
  if (!EDITIONS.has(text)) throw reader.invalid(`an edition that is not known: ${shown(text)}`, at)
  return { syntax: undefined, edition: text }
}

function readElement(reader: TokenReader, dialect: Dialect, parts: FileParts): void {
  const at = reader.at
  if (reader.take(';')) return
  if (reader.take('message')) parts.messages.push(readMessage(reader, dialect, at, 0))
  else if (reader.take('enum')) parts.enums.push(readEnum(reader, at))
  else if (reader.take('extend')) parts.extends.push(readExtend(reader, dialect, at, 0))
  else if (reader.take('service')) parts.services.push(readService(reader, at))
  else if (reader.take('option')) parts.options.push(readOptionStatement(reader))
  else if (reader.take('import')) parts.imports.push(readImport(reader, at))
  else if (reader.take('package')) {
    if (parts.packageName !== undefined) throw reader.invalid('a second package', at)
    parts.packageName = reader.fullName('the name of a package')
    reader.expect(';')
  } else if (reader.isAt('syntax') || reader.isAt('edition')) {
    throw reader.invalid('the syntax is said once, at the beginning')
  } else throw reader.unexpected('a message, an enum, an import, an option, a service or an extension')
}

function readImport(reader: TokenReader, at: number): Import {
  const kind = reader.take('public') ? 'public' : reader.take('weak') ? 'weak' : 'plain'
  const path = reader.string('the path of a file').text
  reader.expect(';')
  return { at, path, kind }
}

function readService(reader: TokenReader, at: number): Service {
  const name = reader.word('the name of a service')
  const options: Option[] = []
  const rpcs: Rpc[] = []
  reader.expect('{')
  while (!reader.take('}')) {
    const elementAt = reader.at
    if (reader.take(';')) continue
    if (reader.take('option')) options.push(readOptionStatement(reader))
    else if (reader.take('rpc')) rpcs.push(readRpc(reader, elementAt))
    else throw reader.unexpected("'rpc'")
  }
  return { at, name, options, rpcs }
}

function readRpc(reader: TokenReader, at: number): Rpc {
  const name = reader.word('the name of a method')
  const request = readRpcType(reader)
  reader.expect('returns')
  const response = readRpcType(reader)
  const options: Option[] = []
  if (reader.take('{')) {
    while (!reader.take('}')) {
      if (reader.take(';')) continue
      reader.expect('option')
      options.push(readOptionStatement(reader))
    }
  } else reader.expect(';')
  return {
    at,
    name,
    request: request.type,
    isRequestStreamed: request.isStreamed,
    response: response.type,
    isResponseStreamed: response.isStreamed,
    options,
  }
}

function readRpcType(reader: TokenReader): { readonly type: string; readonly isStreamed: boolean } {
  reader.expect('(')
  const isStreamed = reader.take('stream')
  const type = reader.typeName('the name of a message')
  reader.expect(')')
  return { type, isStreamed }
}
