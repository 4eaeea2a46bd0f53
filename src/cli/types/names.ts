/** Names of types and constants, made of names that others gave. */

/** What the types that are written say of their own, and what is no name of a type. */
const taken: readonly string[] = ['Buffer', 'Record', 'Flat', 'OneOf']
const lengthMax = 100

/** `order-value` is `OrderValue`; a name that begins as a type does stays as it is. */
export function typeName(given: string): string {
  const name = /^[A-Z][A-Za-z0-9_]*$/.test(given)
    ? given
    : given
        .split(/[^\p{ID_Continue}]|_/u)
        .filter((it) => it !== '')
        .map(([first = '', ...rest]) => first.toUpperCase() + rest.join(''))
        .join('')
  const bounded = [...name].slice(0, lengthMax).join('')
  return /^\p{ID_Start}/u.test(bounded) ? bounded : `_${bounded}`
}

/** `OrderValue` is `orderValue`. */
export function constantName(type: string): string {
  const [first = '', ...rest] = type
  return first.toLowerCase() + rest.join('')
}

export class UsedNames {
  /** In small letters: names that differ in nothing but that would be taken for each other. */
  readonly #used = new Set(taken.map((it) => it.toLowerCase()))

  isFree(name: string): boolean {
    return !this.#used.has(name.toLowerCase())
  }

  /** The first that is free; else the last of them with a number behind. */
  take(names: readonly string[]): string {
    const last = names.at(-1) ?? '_'
    let name = names.find((it) => this.isFree(it))
    for (let number = 2; name === undefined; number++) {
      if (this.isFree(`${last}${number}`)) name = `${last}${number}`
    }
    this.#used.add(name.toLowerCase())
    return name
  }
}
