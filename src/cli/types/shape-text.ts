/** Writes types. */
import { widthMax } from './json-literal.ts'
import type { Declared, Property, Shape } from './shape.ts'
import { commentText, keyText } from './texts.ts'

export type NameOf = (declared: Declared) => string

/**
 * In one line, without comments. Within an object the compiler looks at a `Record` when it has to; elsewhere at once, and what has itself in
 * it would never end.
 */
export function inlineText(shape: Shape, nameOf: NameOf, isWithin: boolean): string {
  const within = (it: Shape): string => inlineText(it, nameOf, isWithin || shape.kind === 'object')
  switch (shape.kind) {
    case 'text':
      return shape.text
    case 'named':
      return nameOf(shape.to)
    case 'list':
      return `${enclosed(shape.items, within)}[]`
    case 'tuple': {
      const items = shape.items.map((it) => (it.isOptional ? `${enclosed(it.shape, within)}?` : within(it.shape)))
      const rest = shape.rest === undefined ? [] : [`...${enclosed(shape.rest, within)}[]`]
      return `[${[...items, ...rest].join(', ')}]`
    }
    case 'index':
      return isWithin ? `Record<string, ${within(shape.values)}>` : `{ [key: string]: ${within(shape.values)} }`
    case 'object': {
      const properties = shape.properties.map((it) => `${nameText(it)}: ${within(it.shape)}`)
      return properties.length === 0 ? '{}' : `{ ${properties.join('; ')} }`
    }
    case 'union':
      return shape.parts.map((it) => (it.kind === 'intersection' ? `(${within(it)})` : within(it))).join(' | ')
    case 'intersection':
      return shape.parts.map((it) => (it.kind === 'union' ? `(${within(it)})` : within(it))).join(' & ')
    case 'helped':
      return `${shape.helper}<${within(shape.of)}>`
  }
}

const nameText = ({ name, isOptional }: Property): string => `${keyText(name)}${isOptional ? '?' : ''}`

/** The literal of an array begins with `readonly`. */
function enclosed(shape: Shape, within: (shape: Shape) => string): string {
  const written = within(shape)
  const isCompound =
    shape.kind === 'union' ||
    shape.kind === 'intersection' ||
    (shape.kind === 'text' && written.startsWith('readonly '))
  return isCompound ? `(${written})` : written
}

export interface Place {
  readonly nameOf: NameOf
  readonly indent: string
  /** Characters that the line has already. */
  readonly before: number
  /** Within an object. */
  readonly isWithin: boolean
}

/** In as many lines as it needs. */
export function shapeText(shape: Shape, place: Place): string {
  if (!hasDocs(shape)) {
    const short = inlineText(shape, place.nameOf, place.isWithin)
    if (place.before + short.length <= widthMax) return short
  }
  const { indent, nameOf, isWithin } = place
  const within = `${indent}  `
  const branch = (it: Shape): string => {
    const inner = { ...place, indent: within, before: within.length + 2 }
    return `\n${within}| ${it.kind === 'intersection' ? bracketed('(', it, ')', inner) : shapeText(it, inner)}`
  }
  switch (shape.kind) {
    case 'index':
      return isWithin ? bracketed('Record<string, ', shape.values, '>', place) : bodyText(shape, nameOf, indent)
    case 'object':
      return bodyText(shape, nameOf, indent)
    case 'union':
      return shape.parts.map(branch).join('')
    case 'intersection':
      return shape.parts
        .map((it) => (it.kind === 'union' ? bracketed('(', it, ')', place) : shapeText(it, place)))
        .join(' & ')
    case 'list': {
      const isCompound = shape.items.kind === 'union' || shape.items.kind === 'intersection'
      return isCompound ? bracketed('(', shape.items, ')[]', place) : `${shapeText(shape.items, place)}[]`
    }
    case 'helped':
      return bracketed(`${shape.helper}<`, shape.of, '>', place)
    default:
      return inlineText(shape, nameOf, isWithin)
  }
}

/** What does not fit into the line begins in the next one. */
function bracketed(open: string, shape: Shape, close: string, place: Place): string {
  const written = shapeText(shape, { ...place, before: place.before + open.length + close.length })
  return written.startsWith('\n') ? `${open.trimEnd()}${written}\n${place.indent}${close}` : `${open}${written}${close}`
}

/** Braces, with a line for each property. */
export function bodyText(shape: Shape & { kind: 'object' | 'index' }, nameOf: NameOf, indent: string): string {
  const within = `${indent}  `
  const line = (start: string, it: Shape): string =>
    `${start}${shapeText(it, { nameOf, indent: within, before: start.length, isWithin: true })}\n`
  if (shape.kind === 'index') return `{\n${line(`${within}[key: string]: `, shape.values)}${indent}}`
  if (shape.properties.length === 0) return '{}'
  const lines = shape.properties.map(
    (it) => commentText(it.doc, within) + line(`${within}${nameText(it)}: `, it.shape).replace(/: \n/, ':\n'),
  )
  return `{\n${lines.join('')}${indent}}`
}

function hasDocs(shape: Shape): boolean {
  switch (shape.kind) {
    case 'object':
      return shape.properties.some((it) => it.doc !== undefined || hasDocs(it.shape))
    case 'list':
      return hasDocs(shape.items)
    case 'index':
      return hasDocs(shape.values)
    case 'helped':
      return hasDocs(shape.of)
    case 'union':
    case 'intersection':
      return shape.parts.some(hasDocs)
    default:
      return false
  }
}
