/** Whether a reader's type takes all attributes that a writer's allows, and asks for none that it does not ask for. */
import { anySimpleType } from './built-in-types.ts'
import {
  type AttributeUse,
  admits,
  namespaceOfName,
  type SchemaModel,
  type TypeDefinition,
  type ValueConstraint,
  type Wildcard,
} from './components.ts'
import { interpret, type SimpleType, valueKey } from './simple-type.ts'

export interface AttributesCompared {
  readonly reader: TypeDefinition
  readonly writer: TypeDefinition
  readonly schemas: { readonly reader: SchemaModel; readonly writer: SchemaModel }
  /** All that wildcards tell apart. */
  readonly namespaces: ReadonlySet<string>
  readonly simple: (reader: SimpleType, writer: SimpleType, path: string) => void
  readonly report: (type: string, path: string, message: string) => void
}

const noUses: ReadonlyMap<string, AttributeUse> = new Map()

export function compareAttributes(compared: AttributesCompared): void {
  const { reader, writer } = compared
  const readerUses = reader.kind === 'complex' ? reader.attributes : noUses
  const writerUses = writer.kind === 'complex' ? writer.attributes : noUses
  for (const [name, use] of readerUses) {
    const counterpart = writerUses.get(name)
    if (counterpart !== undefined) compareUses(compared, name, use, counterpart)
    else readerOnly(compared, name, use)
  }
  for (const [name, use] of writerUses) if (!readerUses.has(name)) writerOnly(compared, name, use)
  compareWildcards(compared)
}

const wildcardOf = (type: TypeDefinition): Wildcard | undefined =>
  type.kind === 'complex' ? type.anyAttribute : undefined

const pathOf = (name: string): string => `/@${name.slice(name.indexOf('}') + 1)}`

function compareUses(compared: AttributesCompared, name: string, reader: AttributeUse, writer: AttributeUse): void {
  const path = pathOf(name)
  if (reader.isRequired && !writer.isRequired) {
    compared.report(
      'REQUIRED_ATTRIBUTE_ADDED',
      path,
      'the attribute is optional for the writer, and required by the reader',
    )
  }
  compared.simple(reader.declaration.type, writer.declaration.type, path)
  checkFixed(compared, { reader: reader.value, writer: writer.value, type: reader.declaration.type, path })
}

function checkFixed(
  { report }: AttributesCompared,
  about: {
    readonly reader: ValueConstraint | undefined
    readonly writer: ValueConstraint | undefined
    readonly type: SimpleType
    readonly path: string
  },
): void {
  const { reader, writer, type, path } = about
  if (reader?.isFixed !== true) return
  const wanted = interpret(type, reader.text, reader.prefixes)
  const given = writer?.isFixed === true ? interpret(type, writer.text, writer.prefixes) : undefined
  const isSame =
    given !== undefined &&
    !('error' in given) &&
    !('error' in wanted) &&
    valueKey(given.value) === valueKey(wanted.value)
  if (!isSame) report('FIXED_VALUE_CHANGED', path, `the reader takes "${reader.text}" alone`)
}

/** One that the writer does not declare, but may have by a wildcard. */
function readerOnly(compared: AttributesCompared, name: string, use: AttributeUse): void {
  const { report, writer, schemas, simple } = compared
  const path = pathOf(name)
  if (use.isRequired) report('REQUIRED_ATTRIBUTE_ADDED', path, 'the reader requires the attribute')
  const wildcard = wildcardOf(writer)
  if (wildcard === undefined || !admits(wildcard.namespaces, namespaceOfName(name))) return
  const declared = wildcard.processContents === 'skip' ? undefined : schemas.writer.attributes.get(name)
  if (declared === undefined && wildcard.processContents === 'strict') return
  simple(use.declaration.type, declared?.type ?? anySimpleType, path)
  checkFixed(compared, { reader: use.value, writer: declared?.value, type: use.declaration.type, path })
}

/** One that the reader does not declare, but may take by a wildcard. */
function writerOnly(compared: AttributesCompared, name: string, use: AttributeUse): void {
  const { report, reader } = compared
  const path = pathOf(name)
  const wildcard = wildcardOf(reader)
  if (wildcard === undefined || !admits(wildcard.namespaces, namespaceOfName(name))) {
    report('ATTRIBUTE_REMOVED', path, 'the reader has no such attribute')
    return
  }
  wildTaken(compared, name, { wildcard, type: use.declaration.type, value: use.value })
}

/** The reader takes it by a wildcard: then by what is declared at the top, if anything is. */
function wildTaken(
  compared: AttributesCompared,
  name: string,
  about: { readonly wildcard: Wildcard; readonly type: SimpleType; readonly value: ValueConstraint | undefined },
): void {
  const { wildcard, type, value } = about
  if (wildcard.processContents === 'skip') return
  const path = pathOf(name)
  const declared = compared.schemas.reader.attributes.get(name)
  if (declared !== undefined) {
    compared.simple(declared.type, type, path)
    checkFixed(compared, { reader: declared.value, writer: value, type: declared.type, path })
  } else if (wildcard.processContents === 'strict') {
    compared.report('ATTRIBUTE_REMOVED', path, 'the reader takes declared attributes alone, and has none of this name')
  }
}

function compareWildcards(compared: AttributesCompared): void {
  const [reader, writer] = [wildcardOf(compared.reader), wildcardOf(compared.writer)]
  if (writer === undefined) return
  const { schemas, report } = compared
  const declaredBy = schemas.writer.attributes
  const readerUses = compared.reader.kind === 'complex' ? compared.reader.attributes : noUses
  const writerUses = compared.writer.kind === 'complex' ? compared.writer.attributes : noUses
  for (const name of namesWithin(compared, writer)) {
    if (readerUses.has(name) || writerUses.has(name)) continue
    if (reader === undefined || !admits(reader.namespaces, namespaceOfName(name))) {
      report('WILDCARD_NARROWED', '/@*', `the writer takes any attribute, such as ${name}, and the reader does not`)
      return
    }
    const declared = writer.processContents === 'skip' ? undefined : declaredBy.get(name)
    wildTaken(compared, name, { wildcard: reader, type: declared?.type ?? anySimpleType, value: declared?.value })
  }
}

function namesWithin({ schemas, namespaces }: AttributesCompared, wildcard: Wildcard): readonly string[] {
  const names = new Set(schemas.writer.attributes.keys())
  if (wildcard.processContents !== 'strict') {
    for (const name of schemas.reader.attributes.keys()) names.add(name)
    for (const namespace of namespaces) names.add(namespace === '' ? '*' : `{${namespace}}*`)
  }
  return [...names].filter((name) => admits(wildcard.namespaces, namespaceOfName(name)))
}
