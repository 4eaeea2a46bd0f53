/**
 * Unions of Avro as Apache Avro resolves them: what was written is read as the branch of the same type where there is one, and only else as
 * the first that it can be promoted to; and a default may be of any branch. `avsc` by itself makes a double of an int that it finds behind
 * a double, and asks for defaults of the first branch.
 */
import avsc from 'avsc'

/** As `avsc` has it inside; the types that it publishes leave it out. */
interface Inner {
  readonly typeName: string
  readonly name: string | undefined
  readonly _copy: (value: unknown, options: unknown) => unknown
  /** Of a wrapped value; null has none. */
  readonly _branchConstructor: (new (value: unknown) => object) | null
}

/** Of a record within itself: it can read not before all of it is resolved. */
interface Resolved {
  readonly _read: (tap: unknown) => unknown
}

interface Reader extends Inner {
  readonly createResolver: (written: Inner, options: unknown) => Resolved
}

interface Union {
  readonly types: readonly Reader[]
}

interface Resolver {
  _read?: (tap: unknown) => unknown
}

type Copy = (this: unknown, value: unknown, options: unknown) => unknown

interface CopyOptions {
  /** 2: of a default. */
  readonly wrap?: number
}

/** Told apart by value. */
const looks: Readonly<Record<string, string>> = {
  ...{ int: 'number', long: 'number', float: 'number', double: 'number' },
  ...{ fixed: 'bytes', enum: 'string', map: 'object', record: 'object', error: 'object' },
}

/** Of a bigint its own: it is none of the numbers. */
const lookOf = ({ typeName }: avsc.Type): string => looks[typeName] ?? typeName

const kindOf = ({ typeName }: Inner): string =>
  typeName === 'abstract:long' ? 'long' : typeName === 'error' ? 'record' : typeName

function isSame(read: Inner, written: Inner): boolean {
  return kindOf(read) === kindOf(written) && (read.name === undefined || read.name === written.name)
}

function resolved({ types }: Union, written: Inner, options: unknown) {
  const same = types.filter((type) => isSame(type, written))
  for (const type of [...same, ...types]) {
    try {
      return { type, resolver: type.createResolver(written, options) }
    } catch {
      // The next one may do.
    }
  }
  return undefined
}

/** Of the first branch that it fits. */
function copiedDefault({ types }: Union, value: unknown, options: unknown) {
  for (const type of types) {
    try {
      return { type, copy: type._copy(value, options) }
    } catch {
      // The next one may do.
    }
  }
  return undefined
}

const isDefault = (options: CopyOptions | undefined): boolean => options?.wrap === 2

const wrapped = ({ _branchConstructor: Branch }: Inner, value: unknown): unknown =>
  Branch === null ? null : new Branch(value)

const copyWrapped: Copy = Reflect.get(avsc.types.WrappedUnionType.prototype, '_copy')
const copyUnwrapped: Copy = Reflect.get(avsc.types.UnwrappedUnionType.prototype, '_copy')

class NamedBranches extends avsc.types.WrappedUnionType {
  _update(this: Union, resolver: Resolver, written: Inner, options: unknown): void {
    const found = resolved(this, written, options)
    if (found !== undefined) resolver._read = (tap) => wrapped(found.type, found.resolver._read(tap))
  }

  _copy(this: Union, value: unknown, options?: CopyOptions): unknown {
    const found = isDefault(options) ? copiedDefault(this, value, options) : undefined
    return found === undefined ? copyWrapped.call(this, value, options) : wrapped(found.type, found.copy)
  }
}

class PlainBranches extends avsc.types.UnwrappedUnionType {
  _update(this: Union, resolver: Resolver, written: Inner, options: unknown): void {
    const found = resolved(this, written, options)
    if (found !== undefined) resolver._read = (tap) => found.resolver._read(tap)
  }

  _copy(this: Union, value: unknown, options?: CopyOptions): unknown {
    const found = isDefault(options) ? copiedDefault(this, value, options) : undefined
    return found === undefined ? copyUnwrapped.call(this, value, options) : found.copy
  }
}

/** Where branches look alike, values stand in an object that names the branch. */
export function unionType(schema: avsc.Schema[], options: object): avsc.Type {
  const types = schema.map((branch) => avsc.Type.forSchema(branch, options))
  const isAmbiguous = new Set(types.map(lookOf)).size < types.length
  // It takes types as well as schemas; the types that it publishes leave that out.
  return Reflect.construct(isAmbiguous ? NamedBranches : PlainBranches, [types, options])
}
