/** The file of all declarations: for each subject its type, those that it has in it, and its schema. */
import { breakCycles } from './alias-cycles.ts'
import { typeName, UsedNames } from './names.ts'
import { constantText, placeText } from './schema-constant.ts'
import type { Documents, SchemaDocument } from './schema-document.ts'
import { SchemaReader, type ShapeOptions } from './schema-shapes.ts'
import { type Declared, type Helper, helpers, partsOf, type Shape } from './shape.ts'
import { bodyText, type NameOf, shapeText } from './shape-text.ts'
import { commentText } from './texts.ts'
import { declaredIn, firstOfSame, giveNames } from './type-classes.ts'

export interface Found {
  /** Sorted by subject. */
  readonly found: readonly SchemaDocument[]
  readonly documents: Documents
}

interface Section {
  readonly document: SchemaDocument
  /** The name of its type, by which its constants are called as well. */
  readonly name: string
  readonly root: Declared
  readonly more: readonly Declared[]
}

const head = '// Written by `odradek types`: what is changed here is lost.\n'

/** Throws TypesError. */
export function declarationsText({ found, documents }: Found, options: ShapeOptions): string {
  const used = new UsedNames()
  const reader = new SchemaReader(documents, options)
  const named = found.map((document) => ({ document, name: used.take(namesOf(document, found)) }))
  const sections = named.map(({ document, name }): Section => {
    const { value, more } = reader.shapes(document)
    const root =
      value.kind === 'named' ? value.to : { names: [name], identity: `= ${name}`, doc: undefined, shape: value }
    return { document, name, root, more }
  })
  const rootsOf = ({ root, more }: Section): readonly Shape[] =>
    [root, ...more].map((to): Shape => ({ kind: 'named', to }))
  const all = declaredIn(sections.flatMap(rootsOf))
  breakCycles(all)
  const first = firstOfSame(all)
  const same = (declared: Declared): Declared => first.get(declared) ?? declared
  const names = giveNames([...new Set(first.values())], ownNames(sections, same), used)
  const nameOf: NameOf = (declared) => names.get(same(declared)) ?? ''
  const told = new Set<Declared>()
  const texts = sections.map((section) => {
    const fresh = declaredIn(rootsOf(section))
      .map(same)
      .filter((it) => !told.has(it) && told.add(it))
    return sectionText(section, fresh, { nameOf, options })
  })
  const helping = helpersIn(all).map((it) => helpers[it])
  return [head, ...helping, ...texts].join('\n')
}

/** Where several versions of a subject are asked for each has its version in its name. */
function namesOf({ subject, version }: SchemaDocument, found: readonly SchemaDocument[]): readonly string[] {
  const isAlone = found.filter((it) => it.subject === subject).length === 1
  return [isAlone ? typeName(subject) : `${typeName(subject)}V${version}`]
}

/** Of types that are called as the subject: they need no other name. */
function ownNames(sections: readonly Section[], same: NameOfSame): Map<Declared, string> {
  const made = new Map<Declared, string>()
  for (const { document, name, root } of sections) {
    const declared = same(root)
    const [best] = declared.names
    if (!made.has(declared) && (document.schemaType === 'JSON' || best === name)) made.set(declared, name)
  }
  return made
}

type NameOfSame = (declared: Declared) => Declared

interface Writing {
  readonly nameOf: NameOf
  readonly options: ShapeOptions
}

function sectionText(
  { document, name, root }: Section,
  fresh: readonly Declared[],
  { nameOf, options }: Writing,
): string {
  const place = `Values of ${placeText(document)}.`
  const isOwn = nameOf(root) === name
  const alias = isOwn ? [] : [`${commentText(place, '')}export type ${name} = ${nameOf(root)}\n`]
  const types = fresh.map((it) => {
    const isRoot = isOwn && nameOf(it) === name
    return declarationText(
      it,
      isRoot ? [it.doc, place].filter((doc) => doc !== undefined).join('\n\n') : it.doc,
      nameOf,
    )
  })
  return [...alias, ...types, constantText(document, name, options)].join('\n')
}

function declarationText(declared: Declared, doc: string | undefined, nameOf: NameOf): string {
  const { shape } = declared
  const name = nameOf(declared)
  const before = commentText(doc, '')
  if (shape.kind === 'object' || shape.kind === 'index')
    return `${before}export interface ${name} ${bodyText(shape, nameOf, '')}\n`
  const start = `export type ${name} = `
  const written = shapeText(shape, { nameOf, indent: '', before: start.length, isWithin: false })
  return `${before}${written.startsWith('\n') ? start.trimEnd() : start}${written}\n`
}

function helpersIn(all: readonly Declared[]): readonly Helper[] {
  const found = new Set<Helper>()
  const open = all.map(({ shape }) => shape)
  for (let shape = open.pop(); shape !== undefined; shape = open.pop()) {
    if (shape.kind === 'helped') found.add(shape.helper)
    open.push(...partsOf(shape))
  }
  return [...found].toSorted()
}
