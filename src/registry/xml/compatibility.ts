/**
 * Whether a reader takes each document that a writer's schema allows: pairs of declarations and of types, from the global elements on. Pairs
 * that were compared are not compared again, so recursive types come to an end.
 */
import type { Incompatibility } from '../formats/format.ts'
import { compareAttributes } from './attribute-inclusion.ts'
import {
  anyType,
  type ComplexType,
  derivationSteps,
  type ElementDeclaration,
  type Namespaces,
  namespaceOfName,
  type SchemaModel,
  type TypeDefinition,
} from './components.ts'
import { type ContentDifference, compareContents, type LeafPair } from './content-inclusion.ts'
import { ContentModels, type Leaf, leafAdmits, leafKey } from './content-model.ts'
import { BudgetError, Expressions } from './expression.ts'
import { typeNamed } from './schema-types.ts'
import { SimpleInclusion } from './simple-inclusion.ts'
import { interpret, type SimpleType, textError, valueKey } from './simple-type.ts'

/** Of the steps of automata, for one pair of schemas. */
const stepsMax = 1_500_000
const pairsMax = 50_000
const reportedMax = 200

export function incompatibilitiesBetween(reader: SchemaModel, writer: SchemaModel): readonly Incompatibility[] {
  return new Comparison(reader, writer).result()
}

/** Types that are compared, and where they were met. */
interface TypePair {
  readonly reader: TypeDefinition
  readonly writer: TypeDefinition
  readonly path: string
}

class Comparison {
  readonly #reader: SchemaModel
  readonly #writer: SchemaModel
  readonly #readerModels: ContentModels
  readonly #writerModels: ContentModels
  readonly #simple = new SimpleInclusion()
  readonly #namespaces: ReadonlySet<string>
  readonly #seenTypes = new Map<TypeDefinition, Set<TypeDefinition>>()
  readonly #seenElements = new Map<ElementDeclaration, Set<ElementDeclaration>>()
  /** To be compared: a queue and no recursion, for types go as deep as they like. */
  readonly #queue: TypePair[] = []
  readonly #found = new Map<string, Incompatibility>()

  constructor(reader: SchemaModel, writer: SchemaModel) {
    this.#reader = reader
    this.#writer = writer
    const expressions = new Expressions(leafKey, stepsMax)
    this.#readerModels = new ContentModels(expressions, reader.substitutes)
    this.#writerModels = new ContentModels(expressions, writer.substitutes)
    this.#namespaces = namespacesOf([reader, writer])
  }

  result(): readonly Incompatibility[] {
    for (const [name, writer] of this.#writer.elements) {
      if (writer.isAbstract) continue
      const reader = this.#reader.elements.get(name)
      const path = `/${shortName(name)}`
      if (reader === undefined) this.#report('ROOT_ELEMENT_REMOVED', path, `the reader has no global element ${name}`)
      else this.#elements(reader, writer, path)
    }
    for (let index = 0; index < this.#queue.length && this.#found.size < reportedMax; index += 1) {
      const pair = this.#queue[index]
      if (pair !== undefined) this.#types(pair)
      if (index > pairsMax) {
        this.#report('SCHEMA_TOO_LARGE', '/', 'there are too many pairs of types to be compared')
        break
      }
    }
    return [...this.#found.values()]
  }

  #report(type: string, path: string, message: string): void {
    const description = `${path}: ${message}`
    const key = `${type} ${description}`
    if (this.#found.size < reportedMax) this.#found.set(key, { type, description, additionalInfo: path })
  }

  #elements(reader: ElementDeclaration, writer: ElementDeclaration, path: string): void {
    const seen = this.#seenElements.get(reader) ?? new Set()
    this.#seenElements.set(reader, seen)
    if (seen.has(writer)) return
    seen.add(writer)
    if (reader.isAbstract) this.#report('ELEMENT_ABSTRACT', path, 'the element is abstract for the reader')
    if (writer.isNillable && !reader.isNillable) {
      this.#report('NILLABLE_REMOVED', path, 'the element may be nil for the writer, and not for the reader')
    }
    if (writer.isNillable && reader.value?.isFixed === true && writer.value?.isFixed !== true) {
      this.#report('FIXED_VALUE_CHANGED', path, 'an element with a fixed value is not nil')
    }
    this.#values(reader, writer, path)
    const added = reader.constraints.find((constraint) => !writer.constraints.includes(constraint))
    if (added !== undefined) this.#report('IDENTITY_CONSTRAINT_ADDED', path, `the reader asks for ${added}`)
    this.#pair({ reader: reader.type, writer: writer.type, path })
    this.#derived(reader, writer, path)
  }

  #values(reader: ElementDeclaration, writer: ElementDeclaration, path: string): void {
    const type = simpleOf(reader.type)
    if (reader.value?.isFixed === true && !isSameFixed(reader, writer)) {
      this.#report('FIXED_VALUE_CHANGED', path, `the reader takes "${reader.value.text}" alone`)
    }
    const isLost = writer.value !== undefined && reader.value === undefined && type !== undefined
    if (isLost && textError(type, '') !== undefined) {
      this.#report('DEFAULT_REMOVED', path, 'the writer may leave the element empty, and the reader has no default')
    }
  }

  /** A document may name, by `xsi:type`, each type of the schema that is derived from the declared one. */
  #derived(reader: ElementDeclaration, writer: ElementDeclaration, path: string): void {
    for (const [name, type] of this.#writer.types) {
      if (type === writer.type) continue
      const steps = derivationSteps(type, writer.type)
      const block = writer.type.kind === 'complex' ? writer.type.block : none
      const isUsable = steps !== undefined && ![...steps].some((step) => writer.block.has(step) || block.has(step))
      const isAbstract = type.kind === 'complex' && type.isAbstract
      if (!isUsable || isAbstract) continue
      this.#derivedType(reader, { name, type }, path)
    }
  }

  #derivedType(
    reader: ElementDeclaration,
    writer: { readonly name: string; readonly type: TypeDefinition },
    path: string,
  ): void {
    const { name, type } = writer
    const counterpart = typeNamed(this.#reader, name)
    const at = `${path}[xsi:type=${shortName(name)}]`
    if (counterpart === undefined) {
      this.#report('TYPE_REMOVED', at, `the reader has no type ${name}, which a document may name in xsi:type`)
      return
    }
    const steps = derivationSteps(counterpart, reader.type)
    const block = reader.type.kind === 'complex' ? reader.type.block : none
    const isUsable = steps !== undefined && ![...steps].some((step) => reader.block.has(step) || block.has(step))
    if (isUsable) this.#pair({ reader: counterpart, writer: type, path: at })
    else this.#report('TYPE_REMOVED', at, `the type ${name} may not stand here for the reader`)
  }

  #pair(pair: TypePair): void {
    const seen = this.#seenTypes.get(pair.reader) ?? new Set()
    this.#seenTypes.set(pair.reader, seen)
    if (seen.has(pair.writer)) return
    seen.add(pair.writer)
    this.#queue.push(pair)
  }

  #types({ reader, writer, path }: TypePair): void {
    // No document is of an abstract type itself.
    if (writer.kind === 'complex' && writer.isAbstract) return
    if (reader.kind === 'complex' && reader.isAbstract) {
      this.#report('TYPE_ABSTRACT', path, 'the type is abstract for the reader')
    }
    compareAttributes({
      reader,
      writer,
      schemas: { reader: this.#reader, writer: this.#writer },
      namespaces: this.#namespaces,
      simple: (readerType, writerType, at) => this.#simpleTypes(readerType, writerType, `${path}${at}`),
      report: (type, at, message) => this.#report(type, `${path}${at}`, message),
    })
    this.#contents(reader, writer, path)
  }

  #simpleTypes(reader: SimpleType, writer: SimpleType, path: string): void {
    const difference = this.#simple.difference(reader, writer)
    if (difference !== undefined) this.#report(difference.kind, path, difference.message)
    const isIdLost = isOf(writer, 'ID') && !isOf(reader, 'ID')
    if (isIdLost) this.#report('ID_REMOVED', path, 'the reader does not take it as an ID, to which others may refer')
  }

  #contents(reader: TypeDefinition, writer: TypeDefinition, path: string): void {
    const [readerSimple, writerSimple] = [simpleOf(reader), simpleOf(writer)]
    if (writerSimple !== undefined) {
      if (readerSimple !== undefined) this.#simpleTypes(readerSimple, writerSimple, path)
      else if (!this.#takesText(reader))
        this.#report('TEXT_NOT_ALLOWED', path, 'the writer has text, and the reader elements')
      return
    }
    if (writer.kind !== 'complex') return
    const { content } = writer
    if (content.kind === 'empty') this.#emptyContent(reader, path)
    else if (content.kind === 'elements') this.#elementContent(reader, writer, path)
  }

  #takesText(reader: TypeDefinition): boolean {
    if (reader.kind !== 'complex' || reader.content.kind !== 'elements' || !reader.content.isMixed) return false
    return this.#isEmptiable(reader)
  }

  #isEmptiable({ content }: ComplexType): boolean {
    if (content.kind === 'empty') return true
    if (content.kind === 'simple') return textError(content.type, '') === undefined
    try {
      return this.#readerModels.model(content.particle).expression.isNullable
    } catch (error) {
      if (error instanceof BudgetError) return false
      throw error
    }
  }

  #emptyContent(reader: TypeDefinition, path: string): void {
    const isTaken = reader.kind === 'complex' ? this.#isEmptiable(reader) : textError(reader, '') === undefined
    if (isTaken) return
    if (simpleOf(reader) !== undefined) {
      this.#report('TYPE_NARROWED', path, 'the writer leaves it empty')
      return
    }
    this.#report('REQUIRED_ELEMENT_ADDED', path, 'the writer has no elements in it, and the reader asks for some')
  }

  #elementContent(reader: TypeDefinition, writer: ComplexType, path: string): void {
    if (writer.content.kind !== 'elements') return
    const { isMixed, particle } = writer.content
    if (reader.kind !== 'complex' || reader.content.kind !== 'elements') {
      this.#report('CONTENT_MODEL_CHANGED', path, 'the writer has elements in it, and the reader has none')
      return
    }
    if (isMixed && !reader.content.isMixed) {
      this.#report('TEXT_NOT_ALLOWED', path, 'the writer may have text between the elements, and the reader may not')
    }
    try {
      const [readerModel, writerModel] = [
        this.#readerModels.model(reader.content.particle),
        this.#writerModels.model(particle),
      ]
      const { differences, pairs } = compareContents({
        expressions: this.#readerModels.expressions,
        reader: readerModel,
        writer: writerModel,
        namesWithin: (leaf) => this.#namesWithin(leaf),
      })
      for (const difference of differences) this.#contentDifference(difference, path)
      for (const pair of pairs) this.#leaves(pair, { reader: readerModel, writer: writerModel, path })
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error
      this.#report('CONTENT_MODEL_TOO_LARGE', path, 'the content models are too large to be compared')
    }
  }

  #contentDifference({ kind, message, name }: ContentDifference, path: string): void {
    this.#report(kind, name === undefined ? path : `${path}/${shortName(name)}`, message)
  }

  #leaves(
    { name, writer, reader }: LeafPair,
    models: {
      readonly reader: { readonly declarations: ReadonlyMap<string, readonly ElementDeclaration[]> }
      readonly writer: { readonly declarations: ReadonlyMap<string, readonly ElementDeclaration[]> }
      readonly path: string
    },
  ): void {
    const path = `${models.path}/${shortName(name)}`
    if (reader.kind === 'wildcard' && reader.processContents === 'skip') return
    const readers = declarationsOf(reader, name, models.reader, this.#reader)
    const writers = declarationsOf(writer, name, models.writer, this.#writer)
    if (readers.length > 0 && writers.length > 0) {
      for (const each of readers) for (const other of writers) this.#elements(each, other, path)
      return
    }
    if (readers.length > 0) {
      this.#wild(readers, writer, path)
      return
    }
    // A wildcard of the reader, and an element that it does not know.
    if (reader.kind === 'wildcard' && reader.processContents === 'strict') {
      this.#report('ELEMENT_REMOVED', path, 'the reader takes declared elements alone, and has none of this name')
      return
    }
    for (const each of writers) {
      this.#pair({ reader: anyType, writer: each.type, path })
      if (each.type !== anyType) this.#derivedUnder(each, path)
    }
    if (writers.length === 0 && writer.kind === 'wildcard') this.#wild([], writer, path)
  }

  /** A document under a wildcard may name its types as well. */
  #derivedUnder(writer: ElementDeclaration, path: string): void {
    this.#derived({ ...writer, type: anyType, block: none }, writer, path)
  }

  /** An element that the writer does not look into. */
  #wild(readers: readonly ElementDeclaration[], writer: Leaf, path: string): void {
    const isAnything = writer.kind === 'wildcard' && writer.processContents === 'skip'
    const message = 'the writer takes anything here, and the reader looks into it'
    if (readers.length > 0 || isAnything) this.#report('WILDCARD_NARROWED', path, message)
    else this.#pair({ reader: anyType, writer: anyType, path })
  }

  /** Those that a schema has, and for each namespace one that no schema has. */
  #namesWithin(leaf: Leaf): readonly string[] {
    if (leaf.kind === 'element') return [leaf.name]
    const known = [...this.#writer.elements.keys()]
    const isStrict = leaf.processContents === 'strict'
    const names = new Set([...known, ...(isStrict ? [] : this.#reader.elements.keys())])
    if (!isStrict) for (const namespace of this.#namespaces) names.add(unknownName(namespace))
    return [...names].filter((name) => leafAdmits(leaf, name))
  }
}

const none: ReadonlySet<string> = new Set()

const unknownName = (namespace: string): string => (namespace === '' ? '*' : `{${namespace}}*`)

const shortName = (name: string): string => (name.startsWith('{') ? name.slice(name.indexOf('}') + 1) : name)

function declarationsOf(
  leaf: Leaf,
  name: string,
  model: { readonly declarations: ReadonlyMap<string, readonly ElementDeclaration[]> },
  schema: SchemaModel,
): readonly ElementDeclaration[] {
  if (leaf.kind === 'element') return model.declarations.get(name) ?? []
  if (leaf.processContents === 'skip') return []
  const declaration = schema.elements.get(name)
  return declaration === undefined ? [] : [declaration]
}

function simpleOf(type: TypeDefinition): SimpleType | undefined {
  if (type.kind === 'simple') return type
  return type.content.kind === 'simple' ? type.content.type : undefined
}

function isOf(type: SimpleType, builtIn: string): boolean {
  if (type.variety === 'list') return isOf(type.item, builtIn)
  if (type.variety === 'union') return type.members.some((member) => isOf(member, builtIn))
  return type.variety === 'atomic' && type.builtIn === builtIn
}

/** The writer has the same fixed value, by the reader's type. */
function isSameFixed(reader: ElementDeclaration, writer: ElementDeclaration): boolean {
  if (reader.value === undefined || writer.value?.isFixed !== true) return false
  const type = simpleOf(reader.type)
  if (type === undefined) return reader.value.text === writer.value.text
  const [wanted, given] = [reader.value, writer.value].map((value) => interpret(type, value.text, value.prefixes))
  if (wanted === undefined || given === undefined || 'error' in wanted || 'error' in given) return false
  return valueKey(wanted.value) === valueKey(given.value)
}

/** Those that matter for wildcards, none, and one that stands for all others. */
function namespacesOf(models: readonly SchemaModel[]): ReadonlySet<string> {
  const all = new Set(['', 'urn:another'])
  const add = (namespaces: Namespaces): void => {
    if (namespaces.kind === 'not') all.add(namespaces.namespace)
    if (namespaces.kind === 'list') for (const namespace of namespaces.namespaces) all.add(namespace)
  }
  for (const model of models) {
    all.add(model.targetNamespace)
    for (const name of [...model.elements.keys(), ...model.attributes.keys()]) all.add(namespaceOfName(name))
    for (const namespaces of model.wildcards) add(namespaces)
  }
  return all
}
