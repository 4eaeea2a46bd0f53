/**
 * Emits the function that writes a struct, the one that tells whether it holds only defaults (then a tagged field is
 * left out), and the one that makes it from what is given. The emitted names: `w` the writer, `v` the version, `x`
 * whether it is flexible, `o` the struct.
 */
import { assert } from '../base/index.ts'
import { type Entry, fixedSize, type Scope, type Struct } from './scope.ts'
import type { Word } from './words.ts'

export function emitWriter(scope: Scope, { id, plain, tagged }: Struct): string {
  const lines = [`function write${id}(w, v, o) {`, scope.compactLine()]
  for (const [name, field] of plain) {
    const condition = scope.present(field)
    if (condition === 'true') lines.push(write(scope, field, `o.${name}`))
    else if (condition !== 'false') lines.push(`if (${condition}) { ${write(scope, field, `o.${name}`)} }`)
  }
  if (scope.isEverFlexible) {
    lines.push(scope.layout.flexible > scope.layout.versions[0] ? 'if (x) {' : '{', ...writeTags(scope, tagged), '}')
  }
  lines.push('}')
  return lines.join('\n')
}

export function emitIsInitial(scope: Scope, { id, all }: Struct): string {
  const parts = all.map(([name, field]) => scope.isInitial(field, `o.${name}`))
  return `function isInitial${id}(o) { return ${['o.unknownTags === undefined', ...parts].join(' && ')} }`
}

export function emitCreator(scope: Scope, { id, all }: Struct): string {
  const members = all.map(([name, field]) => `${name}: ${create(scope, field, `g.${name}`)}, `)
  return `function create${id}(g) { return { ${members.join('')}unknownTags: g.unknownTags } }`
}

function create(scope: Scope, field: Word<unknown>, given: string): string {
  if (field.kind === 'struct') {
    const make = `create${scope.struct(field.fields)}`
    const initial = field.initial === null ? 'null' : `${make}({})`
    return `${given} === undefined ? ${initial} : ${given} === null ? null : ${make}(${given})`
  }
  const made =
    field.kind === 'list' && field.of?.kind === 'struct'
      ? `${given} === null ? null : ${given}.map(create${scope.struct(field.of.fields)})`
      : given
  return `${given} === undefined ? ${scope.initial(field)} : ${made}`
}

/** A statement that writes `value`. */
function write(scope: Scope, field: Word<unknown>, value: string): string {
  const compact = scope.compact(field)
  const nullable = scope.nullable(field)
  switch (field.kind) {
    case 'string':
      return `c.writeString(w, ${value}, ${compact}, ${nullable})`
    case 'bytes':
      return `c.writeBytes(w, ${value}, ${compact}, ${nullable})`
    case 'records':
      return `c.writeRecords(w, ${value}, ${compact}, ${nullable})`
    case 'list':
      return writeList(scope, field, value)
    case 'struct': {
      // No message has a struct that may be null and is tagged in some versions only.
      const presence = field.tag === undefined ? 'writePresence' : 'writeTaggedPresence'
      const writeStruct = `write${scope.struct(field.fields)}(w, v, ${value})`
      return nullable === 'false' ? writeStruct : `if (c.${presence}(w, ${value}, ${nullable})) ${writeStruct}`
    }
    default:
      return scope.kind(field) === 'i64' ? `c.writeInt64(w, ${value})` : `w.${scope.kind(field)}(${value})`
  }
}

function writeList(scope: Scope, field: Word<unknown>, value: string): string {
  assert(field.of !== undefined, 'a list has elements')
  return [
    `{ const a = ${value}`,
    `if (a === null) c.writeNull(w, ${scope.compact(field)}, ${scope.nullable(field)})`,
    `else { c.writeLength(w, a.length, ${scope.compact(field)})`,
    `for (let i = 0; i < a.length; i++) { const e = a[i]; ${write(scope, field.of, 'e')} } } }`,
  ].join('\n')
}

function writeTags(scope: Scope, tagged: readonly Entry[]): string[] {
  const known = tagged.filter(([, field]) => scope.tagged(field) !== 'false')
  const lines = ['let n = o.unknownTags === undefined ? 0 : o.unknownTags.length']
  for (const [name, field] of known) {
    lines.push(`const t${field.tag} = ${scope.tagged(field)} && !(${scope.isInitial(field, `o.${name}`)})`)
    lines.push(`if (t${field.tag}) n++`)
  }
  lines.push('w.uvarint(n)', 'if (n > 0) {', 'let k = 0')
  for (const [name, field] of known) {
    lines.push(`if (t${field.tag}) { k = c.writeUnknownTags(w, o.unknownTags, k, ${field.tag})`)
    lines.push(`${writeTag(scope, field, `o.${name}`)} }`)
  }
  lines.push('c.writeUnknownTags(w, o.unknownTags, k, Infinity)', '}')
  return lines
}

function writeTag(scope: Scope, field: Word<unknown>, value: string): string {
  const size = fixedSize(field)
  const body = write(scope, field, value)
  if (size === undefined) return `c.writeTag(w, ${field.tag}, (w) => { ${body} })`
  return `w.uvarint(${field.tag}); w.uvarint(${size}); ${body}`
}
