/**
 * Code for a type of message, that makes plain values of messages of protobufjs and messages of values, faster than looking at each field
 * again. It takes what is usual; what is not is for the functions that it is given.
 */
import protobufjs from 'protobufjs'

type Message = protobufjs.Message<object>

/** Made once for each type, and kept as long as that. */
export class TypeCodes<Code> {
  readonly #codes = new WeakMap<protobufjs.Type, { readonly code: Code }>()

  of(type: protobufjs.Type, make: () => Code): Code {
    const known = this.#codes.get(type)
    if (known !== undefined) return known.code
    const code = make()
    this.#codes.set(type, { code })
    return code
  }
}

/** All names in the code are ours: of the schema there are but numbers, and texts in quotes. */
class CodeText {
  readonly #constants: unknown[] = []
  readonly #lines: string[] = []

  constant(value: unknown): string {
    return `c[${this.#constants.push(value) - 1}]`
  }

  line(text: string): void {
    this.#lines.push(text)
  }

  made<F>(parameters: string): F {
    return new Function('c', `return function (${parameters}) {\n${this.#lines.join('\n')}\n}`)(this.#constants)
  }
}

/** What every object has, as if it were a field. */
const isInherited = (name: string): boolean => name in Object.prototype

/** Of 64 bits. */
const isLong = ({ type }: protobufjs.Field): boolean => type.endsWith('64')

export const isUnsigned = (type: string): boolean => type === 'uint64' || type === 'fixed64'

const isConverted = ({ resolvedType, type }: protobufjs.Field): boolean =>
  resolvedType !== null || type === 'bytes' || type.endsWith('64')

export interface ReadingParts {
  /** Undefined: it is left out. */
  readonly field: (field: protobufjs.Field, message: object) => unknown
  readonly single: (field: protobufjs.Field, given: unknown) => unknown
  /** Of a map that a descriptor was the source of. */
  readonly isEntries: (field: protobufjs.Field) => boolean
}

/** `message` is one that protobufjs made: what it has no value of is its default in the prototype. */
export function readingCode(type: protobufjs.Type, parts: ReadingParts): (message: object) => object {
  const code = new CodeText()
  const single = code.constant(parts.single)
  const given = code.constant(parts.field)
  const hasOwn = code.constant(Object.hasOwn)
  const define = code.constant(defineProperty)
  code.line('const o = {}')
  for (const field of type.fieldsArray) {
    const name = JSON.stringify(field.name)
    const it = `m[${name}]`
    const own = code.constant(field)
    const one = (value: string): string => (isConverted(field) ? oneOf(value) : value)
    const oneOf = (value: string): string =>
      field.resolvedType instanceof protobufjs.Enum
        ? `(${code.constant(field.resolvedType.valuesById)}[${value}] ?? ${value})`
        : `${single}(${own}, ${value})`
    const hasDefault = field.options?.['default'] !== undefined
    if (isInherited(field.name) || parts.isEntries(field) || (hasDefault && !field.hasPresence))
      code.line(`{ const f = ${given}(${own}, m); if (f !== undefined) ${define}(o, ${name}, f) }`)
    else if (field.map) code.line(`o[${name}] = ${isConverted(field) || isLongKey(field) ? `${given}(${own}, m)` : it}`)
    else if (field.repeated)
      code.line(`o[${name}] = ${isConverted(field) ? `${it}.map((item) => ${oneOf('item')})` : it}`)
    else if (field.resolvedType instanceof protobufjs.Type)
      code.line(`if (${it} !== null && ${it} !== undefined) o[${name}] = ${one(it)}`)
    else if (field.hasPresence) code.line(`if (${hasOwn}(m, ${name})) o[${name}] = ${one(it)}`)
    else code.line(`o[${name}] = ${one(it)}`)
  }
  code.line('return o')
  return code.made('m')
}

const defineProperty = (object: object, name: string, value: unknown): unknown =>
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })

/** Types of protobufjs do not tell that a field with a `map` has one. */
export const keyTypeOf = (field: protobufjs.Field): string =>
  'keyType' in field && typeof field.keyType === 'string' ? field.keyType : 'string'

const isLongKey = (field: protobufjs.Field): boolean => keyTypeOf(field).endsWith('64')

export interface WritingParts {
  readonly depthMax: number
  readonly field: (field: protobufjs.Field, value: unknown, depth: number) => unknown
  readonly single: (field: protobufjs.Field, value: unknown, depth: number) => unknown
  readonly isEntries: (field: protobufjs.Field) => boolean
}

const otherwise = 'throw undefined'
const integer = (size: string): string => `typeof f !== 'number' || (${size}) !== f`

/** What `f` is where it does not fit, of what is written as it is. */
const misfits: Readonly<Record<string, string>> = {
  string: "typeof f !== 'string' || !f.isWellFormed()",
  bool: "typeof f !== 'boolean'",
  ...{ double: "typeof f !== 'number'", float: "typeof f !== 'number'" },
  ...{ int32: integer('f | 0'), sint32: integer('f | 0'), sfixed32: integer('f | 0') },
  ...{ uint32: integer('f >>> 0'), fixed32: integer('f >>> 0') },
}

/** The code throws for what does not fit, and for what it does not know; undefined: it would know nothing. */
export function writingCode(
  type: protobufjs.Type,
  parts: WritingParts,
): ((value: unknown, depth: number) => Message) | undefined {
  if (type.fieldsArray.some(({ name }) => isInherited(name))) return undefined
  const code = new CodeText()
  const fieldOf = code.constant(parts.field)
  const singleOf = code.constant(parts.single)
  const plain = code.constant(Object.prototype)
  const prototype = code.constant(Object.getPrototypeOf)
  const ones = new Map<protobufjs.OneOf, string>()
  code.line(
    `if (d > ${parts.depthMax} || typeof v !== 'object' || v === null || ${prototype}(v) !== ${plain}) ${otherwise}`,
  )
  code.line(`const m = new (${code.constant(type.ctor)})()`)
  code.line('let count = 0')
  for (const field of type.fieldsArray) {
    const name = JSON.stringify(field.name)
    const own = code.constant(field)
    const item = singleText(field, `${singleOf}(${own}, f, d)`, code)
    code.line(`{ const all = v[${name}]; if (all !== undefined) count++; if (all !== undefined && all !== null) {`)
    const group = field.partOf
    if (group !== null && group !== undefined && group.fieldsArray.length > 1) {
      const counter = ones.get(group) ?? `m${ones.size}`
      if (!ones.has(group)) ones.set(group, counter)
      code.line(`if (seen_${counter}) ${otherwise}; seen_${counter} = true`)
    }
    const isPlainMap = field.map && keyTypeOf(field) === 'string'
    if (parts.isEntries(field) || (field.map && !isPlainMap)) code.line(`m[${name}] = ${fieldOf}(${own}, all, d)`)
    else if (isPlainMap) {
      code.line(`if (typeof all !== 'object' || ${prototype}(all) !== ${plain}) ${otherwise}`)
      code.line(`const made = {}; for (const k in all) { if (k === '__proto__' || !k.isWellFormed()) ${otherwise}`)
      code.line(`const f = all[k]; ${item('made[k]')} } m[${name}] = made`)
    } else if (field.repeated) {
      code.line(`if (!Array.isArray(all)) ${otherwise}; const made = []`)
      code.line(`for (let i = 0; i < all.length; i++) { const f = all[i]; ${item('made[i]')} } m[${name}] = made`)
    } else code.line(`const f = all; ${item(`m[${name}]`)}`)
    code.line(field.required ? `} else ${otherwise} }` : '} }')
  }
  code.line('for (const k in v) count--')
  code.line(`if (count !== 0) ${code.constant(checkNames)}(v, ${code.constant(type.fields)})`)
  code.line('return m')
  return withSeen(code, ones.size)
}

function withSeen(code: CodeText, count: number): (value: unknown, depth: number) => Message {
  const seen = Array.from({ length: count }, (_, i) => `, seen_m${i} = false`).join('')
  return code.made(`v, d${seen}`)
}

/** Of a value `f`, that is put into `target`. */
function singleText(field: protobufjs.Field, other: string, code: CodeText): (target: string) => string {
  const { resolvedType, type } = field
  if (resolvedType instanceof protobufjs.Enum) {
    const values = code.constant(new Map(Object.entries(resolvedType.values)))
    return (target) => `${target} = (typeof f === 'string' ? ${values}.get(f) : undefined) ?? ${other}`
  }
  if (resolvedType !== null) return (target) => `${target} = ${other}`
  const misfit = misfits[type]
  if (misfit !== undefined) return (target) => `if (${misfit}) ${otherwise}; ${target} = f`
  if (!isLong(field)) return (target) => `${target} = ${other}`
  const unsigned = isUnsigned(type)
  const safe = `typeof f === 'number' && Number.isSafeInteger(f)${unsigned ? ' && f >= 0' : ''}`
  const long = `{ low: f | 0, high: Math.floor(f / 4294967296) | 0, unsigned: ${unsigned} }`
  return (target) => `${target} = ${safe} ? ${long} : ${other}`
}

/** Names that are there without a value are counted apart. */
function checkNames(value: object, fields: object): void {
  for (const name of Object.keys(value)) if (!Object.hasOwn(fields, name)) throw new TypeError('there is no such field')
}
