/**
 * Emits the function that reads a struct: fields that lie side by side in all versions are read with one check of
 * bounds, arrays in a loop of their own, so that every call has one shape. The emitted names: `r` the reader, `v` the
 * version, `x` whether it is flexible, `d` the view, `at` a position, `f0`... the fields, `u` the unknown tags.
 */
import { assert } from '../base/index.ts'
import { type Entry, fixedSize, type Scope, type Struct } from './scope.ts'
import type { Word } from './words.ts'

interface Local {
  readonly field: Word<unknown>
  readonly name: string
}

export function emitReader(scope: Scope, struct: Struct): string {
  const locals = new Map<string, Local>(struct.all.map(([name, field], i) => [name, { field, name: `f${i}` }]))
  const localOf = ([name]: Entry): Local => {
    const local = locals.get(name)
    assert(local !== undefined, 'a field has a local')
    return local
  }
  const plain = struct.plain.map(localOf)
  const inOrder = new Set(plain)
  return [
    `function read${struct.id}(r, v) {`,
    scope.compactLine(),
    'const d = r.view',
    'let at, u',
    ...[...locals.values()].map((local) =>
      inOrder.has(local) ? `let ${local.name}` : `let ${local.name} = ${scope.initial(local.field)}`,
    ),
    ...runs(scope, plain).map((run) => emitRun(scope, run)),
    ...(scope.isEverFlexible ? emitTags(scope, struct.tagged.map(localOf)) : []),
    `return { ${struct.all.map((entry) => `${entry[0]}: ${localOf(entry).name}, `).join('')}unknownTags: u }`,
    '}',
  ].join('\n')
}

/** Neighbours of fixed size that the same versions have, else single fields. */
function runs(scope: Scope, plain: readonly Local[]): Local[][] {
  const found: Local[][] = []
  for (const local of plain) {
    const run = found.at(-1)
    const [first] = run ?? []
    const joins =
      run !== undefined &&
      first !== undefined &&
      fixedSize(first.field) !== undefined &&
      fixedSize(local.field) !== undefined &&
      scope.present(first.field) === scope.present(local.field)
    if (joins) run.push(local)
    else found.push([local])
  }
  return found
}

function emitRun(scope: Scope, run: readonly Local[]): string {
  const [first] = run
  assert(first !== undefined, 'a run is not empty')
  const condition = scope.present(first.field)
  const read = readRun(scope, run)
  if (condition === 'true') return read
  const initials = run.map(({ name, field }) => `${name} = ${scope.initial(field)}`).join('; ')
  return condition === 'false' ? initials : `if (${condition}) { ${read} } else { ${initials} }`
}

function readRun(scope: Scope, run: readonly Local[]): string {
  const lines: string[] = []
  let size = 0
  for (const { name, field } of run) {
    const own = fixedSize(field)
    if (own === undefined) return readSized(scope, field, name)
    lines.push(`${name} = ${readFixed(scope, field, size === 0 ? 'at' : `at + ${size}`)}`)
    size += own
  }
  return [`at = r.take(${size})`, ...lines].join('\n')
}

const getters: Readonly<Record<string, string>> = {
  i8: 'getInt8',
  i16: 'getInt16',
  u16: 'getUint16',
  i32: 'getInt32',
  u32: 'getUint32',
  i64Big: 'getBigInt64',
  f64: 'getFloat64',
}

function readFixed(scope: Scope, field: Word<unknown>, at: string): string {
  const kind = scope.kind(field)
  if (kind === 'bool') return `d.getInt8(${at}) !== 0`
  if (kind === 'i64') return `c.int64At(d, ${at})`
  if (kind === 'uuid') return `c.uuidAt(r, ${at})`
  const getter = getters[kind]
  assert(getter !== undefined, 'a type of fixed size has a getter')
  return `d.${getter}(${at})`
}

/** A statement that reads a field of any size into `target`. */
function readSized(scope: Scope, field: Word<unknown>, target: string): string {
  const compact = scope.compact(field)
  const nullable = scope.nullable(field)
  switch (field.kind) {
    case 'string':
      return `${target} = c.readString(r, ${compact}, ${nullable})`
    case 'bytes':
    case 'records':
      return `${target} = c.readBytes(r, ${compact}, ${nullable})`
    case 'struct': {
      const read = `read${scope.struct(field.fields)}(r, v)`
      const isNull = field.tag === undefined ? 'r.i8() < 0' : '(r.uvarint() | 0) <= 0'
      return `${target} = ${nullable === 'false' ? read : `${nullable} && ${isNull} ? null : ${read}`}`
    }
    default:
      return readList(scope, field, target)
  }
}

function readList(scope: Scope, field: Word<unknown>, target: string): string {
  const { of } = field
  assert(field.kind === 'list' && of !== undefined, 'a list has elements')
  const size = fixedSize(of)
  const elements =
    size === undefined
      ? `r.count(n); for (; n > 0; n--) { let e; ${readSized(scope, of, 'e')}; a.push(e) }`
      : `at = r.take(n * ${size}); for (; n > 0; n--, at += ${size}) a.push(${readFixed(scope, of, 'at')})`
  return [
    `{ let n = c.readLength(r, ${scope.compact(field)})`,
    `if (n < 0) ${target} = c.noList(${scope.nullable(field)})`,
    `else { const a = []; ${elements}; ${target} = a } }`,
  ].join('\n')
}

/**
 * As Kafka does: a known tag in a version that lacks it is refused, the size in front of a known one is not looked at,
 * and a negative count is none.
 */
function emitTags(scope: Scope, tagged: readonly Local[]): string[] {
  const { versions, flexible } = scope.layout
  const cases = tagged.map(({ name, field }) => {
    const condition = scope.tagged(field)
    const check = condition === 'true' ? '' : `if (!${condition}) c.tagNotInVersion(${field.tag}, v)\n`
    const read = condition === 'false' ? '' : readRun(scope, [{ name, field }])
    return `case ${field.tag}: ${check}${read}\nbreak`
  })
  return [
    `${flexible > versions[0] ? 'if (x) ' : ''}for (let n = r.count(r.uvarint() | 0, 2); n > 0; n--) {`,
    'const tag = r.uvarint(), size = r.uvarint()',
    `switch (tag) { ${[...cases, 'default: (u ??= []).push({ tag, bytes: new Uint8Array(r.slice(size)) })'].join('\n')} }`,
    '}',
  ]
}
