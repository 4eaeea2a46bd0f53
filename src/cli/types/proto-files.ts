/** Files of Protobuf, read by protobufjs with what they import, down to what their fields are. */
import protobufjs from 'protobufjs'
import { addKnown } from './proto-known.ts'
import type { Documents, SchemaDocument } from './schema-document.ts'
import { TypesError } from './types-error.ts'

export type ProtoType = protobufjs.Type | protobufjs.Enum

export interface ProtoFile {
  /** Messages and enums of the file itself, in its order, those within messages behind them. */
  readonly types: readonly ProtoType[]
  /** Of a type: where it was defined; undefined where that is no schema of the registry. */
  readonly sourceOf: (type: protobufjs.ReflectionObject) => SchemaDocument | undefined
  /** Whose type nobody has. */
  readonly unresolved: ReadonlySet<protobufjs.Field>
}

/** Protobufjs compares the fields of a message with each other: of all messages of a file the squares of the numbers of their fields. */
const squaresMax = 20_000_000

/** Throws TypesError. */
export function readProto(document: SchemaDocument, documents: Documents, keepCase: boolean): ProtoFile {
  const root = new protobufjs.Root()
  const sources = new Map<string, SchemaDocument>()
  const referred = new Map(documents.referred(document).map((it) => [it.name, it.document]))
  const begun = new Set<string>()
  const parse = (from: SchemaDocument): readonly string[] => {
    const own = new protobufjs.Root()
    parsed(from, own, keepCase)
    for (const type of typesIn(own)) sources.set(type.fullName, from)
    const { imports = [], weakImports = [] } = parsed(from, root, keepCase)
    return [...imports, ...weakImports]
  }
  const open = [...parse(document)]
  const own = [...sources.keys()]
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    if (begun.has(name)) continue
    begun.add(name)
    const found = referred.get(name)
    if (found !== undefined) open.push(...parse(found))
    else addKnown(root, name, keepCase)
  }
  const unresolved = resolved(root)
  const isOwn = new Set(own)
  return {
    types: [...typesIn(root)].filter((it) => isOwn.has(it.fullName)),
    sourceOf: (type) => sources.get(type.fullName),
    unresolved,
  }
}

function parsed({ subject, text }: SchemaDocument, root: protobufjs.Root, keepCase: boolean): protobufjs.IParserResult {
  if (squaresIn(text) > squaresMax) throw new TypesError('a message has too many fields')
  try {
    return protobufjs.parse(text, root, { keepCase, alternateCommentMode: true, preferTrailingComment: false })
  } catch (error) {
    throw new TypesError(`${subject}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** All messages and enums, those within a message behind it. */
function* typesIn(within: protobufjs.ReflectionObject): Generator<ProtoType> {
  if (within instanceof protobufjs.Enum) yield within
  if (!(within instanceof protobufjs.Namespace)) return
  if (within instanceof protobufjs.Type) yield within
  for (const inner of within.nestedArray) yield* typesIn(inner)
}

/** Resolves what can be; what has a type that nobody has is given back, and would be refused otherwise. */
function resolved(root: protobufjs.Root): ReadonlySet<protobufjs.Field> {
  const unresolved = new Set<protobufjs.Field>()
  for (const type of typesIn(root)) {
    if (!(type instanceof protobufjs.Type)) continue
    for (const field of type.fieldsArray) {
      if (isScalar(field.type)) continue
      const from = (field.declaringField ?? field).parent
      if (from !== null && from.lookup(field.type, [protobufjs.Type, protobufjs.Enum]) !== null) continue
      unresolved.add(field)
      field.type = 'string'
    }
  }
  dropServices(root)
  // Extensions of what nobody has, as of options.
  root.deferred.length = 0
  root.resolveAll()
  return unresolved
}

const isScalar = (type: string): boolean => Object.hasOwn(protobufjs.types.basic, type)

function dropServices(within: protobufjs.ReflectionObject): void {
  if (!(within instanceof protobufjs.Namespace)) return
  for (const inner of within.nestedArray) {
    if (inner instanceof protobufjs.Service) within.remove(inner)
    else dropServices(inner)
  }
}

/** What ends a field, a value or a range; braces; what else these may stand in. */
const tokens = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|[{};,]/g

function squaresIn(text: string): number {
  const counts = [0]
  let squares = 0
  for (const [token] of text.matchAll(tokens)) {
    const count = counts.pop() ?? 0
    if (token === '{') counts.push(count, 0)
    else if (token === '}') squares += count ** 2
    else counts.push(count + (token.length === 1 ? 1 : 0))
  }
  return counts.reduce((sum, rest) => sum + rest ** 2, squares)
}
