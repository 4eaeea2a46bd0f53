/**
 * Unions of Avro as JSON. A value stands plainly where its kind of JSON tells the branch, else as an object of one property which names it,
 * as Avro's JSON encoding has all but null: `{"string": "x"}`. Read is the one and the other.
 */
import { type Shape, unexpected } from './avro-shape.ts'
import { isList, isObject } from './json.ts'
import { MisfitError, type Place } from './place.ts'

export function unionShape(branches: readonly Shape[]): Shape {
  const union = new Union(branches)
  const looks = (json: unknown): boolean => branches.some((branch) => branch.looks(json))
  // No union is a branch of another one, so that its name and kind count for nothing.
  return {
    name: 'union',
    kind: 'object',
    looks,
    toJson: (value) => union.toJson(value),
    ofJson: (json, place) => union.ofJson(json, place),
  }
}

class Union {
  readonly #branches: readonly Shape[]
  readonly #byName: ReadonlyMap<string, Shape>
  /** Two branches are of a kind: so the serde names the branch in an object of its own. */
  readonly #isNamed: boolean

  constructor(branches: readonly Shape[]) {
    this.#branches = branches
    this.#byName = new Map(branches.map((branch) => [branch.name, branch]))
    this.#isNamed = new Set(branches.map(({ kind }) => kind)).size < branches.length
  }

  toJson(value: unknown): unknown {
    if (value === null) return null
    const { branch, inner } = this.#isNamed ? this.#named(value) : this.#plain(value)
    const json = branch.toJson(inner)
    const isPlain =
      this.#nameIn(json) === undefined && this.#branches.every((other) => other === branch || !other.looks(json))
    return isPlain ? json : { [branch.name]: json }
  }

  #named(value: unknown): { readonly branch: Shape; readonly inner: unknown } {
    const [name = '', inner] = isObject(value) ? (Object.entries(value)[0] ?? []) : []
    const branch = this.#byName.get(name)
    return branch === undefined ? unexpected(value, 'a union') : { branch, inner }
  }

  #plain(value: unknown): { readonly branch: Shape; readonly inner: unknown } {
    const kind = kindOf(value)
    const branch = this.#branches.find((it) => it.kind === kind)
    return branch === undefined ? unexpected(value, 'a union') : { branch, inner: value }
  }

  /** An object that names a branch is that, unless it only fits as what it is. */
  ofJson(json: unknown, place: Place): unknown {
    const named = this.#nameIn(json)
    if (named === undefined) return this.#ofPlain(json, place)
    const { branch, inner } = named
    const within = place.within(branch.name)
    if (!this.#branches.some((it) => it.looks(json))) return this.#made(branch, branch.ofJson(inner, within))
    const found = place.tried(() => branch.ofJson(inner, within))
    return found === undefined ? this.#ofPlain(json, place) : this.#made(branch, found.value)
  }

  #nameIn(json: unknown): { readonly branch: Shape; readonly inner: unknown } | undefined {
    if (!isObject(json)) return undefined
    const names = Object.keys(json)
    const [name = ''] = names
    const branch = names.length === 1 ? this.#byName.get(name) : undefined
    return branch === undefined ? undefined : { branch, inner: json[name] }
  }

  #ofPlain(json: unknown, place: Place): unknown {
    const [branch, ...others] = this.#branches.filter((it) => it.looks(json))
    if (branch === undefined) place.misfit(json, `any of ${this.#names(this.#branches)}`)
    if (others.length === 0) return this.#made(branch, branch.ofJson(json, place))
    const reasons: string[] = []
    const fits: { readonly branch: Shape; readonly value: unknown }[] = []
    for (const each of [branch, ...others]) {
      const found = place.tried(() => reasoned(reasons, () => each.ofJson(json, place)))
      if (found !== undefined) fits.push({ branch: each, value: found.value })
    }
    const [fit, ...more] = fits
    if (fit === undefined) throw new MisfitError(reasons.join('; '))
    if (more.length === 0) return this.#made(fit.branch, fit.value)
    const all = fits.map((it) => it.branch)
    place.refuse(`it fits ${this.#names(all)}: name the one that is meant, as {"${fit.branch.name}": ...}`)
  }

  #made({ name }: Shape, value: unknown): unknown {
    return this.#isNamed && value !== null ? { [name]: value } : value
  }

  #names(branches: readonly Shape[]): string {
    return branches.map(({ name }) => name).join(', ')
  }
}

function reasoned<T>(reasons: string[], read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof MisfitError && reasons.length < 5) reasons.push(error.message)
    throw error
  }
}

function kindOf(value: unknown): Shape['kind'] | undefined {
  if (value === null) return 'null'
  if (Buffer.isBuffer(value)) return 'bytes'
  if (isList(value)) return 'list'
  const kind = typeof value
  return kind === 'boolean' || kind === 'number' || kind === 'bigint' || kind === 'string' || kind === 'object'
    ? kind
    : undefined
}
