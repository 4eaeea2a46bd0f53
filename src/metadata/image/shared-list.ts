/**
 * Lists of replicas and of directories, each once: a cluster has many partitions and few ways to place them. A decoded list has
 * room for more behind it, 130 bytes; one that is kept as long as its partition does without, and mostly is there already.
 */
import type { Uuid } from '../../base/index.ts'

/** Beyond it all is forgotten, and shared anew from then on: whoever has a list keeps it. */
const listsMax = 4096

const none: readonly never[] = []

class Lists<T extends number | Uuid> {
  readonly #known = new Map<string, readonly T[]>()
  readonly #separator: string

  constructor(separator: string) {
    this.#separator = separator
  }

  shared(list: readonly T[]): readonly T[] {
    const key = list.join(this.#separator)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size >= listsMax) this.#known.clear()
    const kept = list.slice()
    this.#known.set(key, kept)
    return kept
  }
}

const idLists = new Lists<number>(',')
/** All have the same length. */
const directoryLists = new Lists<Uuid>('')

/** Of broker ids. An equal list, the same one as long as it is remembered. */
export const sharedIds = (list: readonly number[] | null): readonly number[] =>
  list === null || list.length === 0 ? none : idLists.shared(list)

export const sharedDirectories = (list: readonly Uuid[]): readonly Uuid[] =>
  list.length === 0 ? none : directoryLists.shared(list)
