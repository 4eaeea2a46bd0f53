/**
 * The directories of a simulated disk. A change of names is seen at once and durable after a sync of its directory; a
 * crash keeps some first part of those not synced, as a journal does. No time and no faults: `sim-disk.ts` adds them.
 */
import { DiskError, type RandomStream } from '../base/index.ts'
import { type Fate, SimFileContent } from './sim-file.ts'

export class SimDirectory {
  readonly kind = 'directory'
  entries = new Map<string, SimDirectory | SimFileContent>()
  readonly durable = new Map<string, SimDirectory | SimFileContent>()
}

export type SimNode = SimDirectory | SimFileContent

/** One name of a directory set anew, or taken away. */
interface NameChange {
  readonly directory: SimDirectory
  readonly name: string
  readonly node: SimNode | undefined
}

const fail = (code: string, path: string): DiskError => new DiskError(code, path, `${code}: ${path}`)
const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '')

export class SimTree {
  readonly #root = new SimDirectory()
  /** Each inner list is atomic. */
  #pending: (readonly NameChange[])[] = []

  find(path: string): SimNode | undefined {
    let node: SimNode | undefined = this.#root
    for (const name of namesOf(path)) {
      if (node?.kind !== 'directory') return undefined
      node = node.entries.get(name)
    }
    return node
  }

  directory(path: string): SimDirectory {
    const node = this.find(path)
    if (node?.kind !== 'directory') throw fail(node === undefined ? 'ENOENT' : 'ENOTDIR', path)
    return node
  }

  file(path: string): SimFileContent {
    const node = this.find(path)
    if (node?.kind !== 'file') throw fail(node === undefined ? 'ENOENT' : 'EISDIR', path)
    return node
  }

  #place(path: string): { readonly directory: SimDirectory; readonly name: string } {
    const names = namesOf(path)
    const name = names.pop()
    if (name === undefined) throw fail('EINVAL', path)
    return { directory: this.directory(names.join('/')), name }
  }

  create(path: string): SimFileContent {
    const { directory, name } = this.#place(path)
    const content = new SimFileContent()
    this.#change([{ directory, name, node: content }])
    return content
  }

  makeDirectory(path: string): void {
    let directory = this.#root
    for (const name of namesOf(path)) {
      let node = directory.entries.get(name)
      if (node?.kind === 'file') throw fail('EEXIST', path)
      if (node === undefined) {
        node = new SimDirectory()
        this.#change([{ directory, name, node }])
      }
      directory = node
    }
  }

  rename(from: string, to: string): void {
    const source = this.#place(from)
    const target = this.#place(to)
    const node = source.directory.entries.get(source.name)
    if (node === undefined) throw fail('ENOENT', from)
    const taken = target.directory.entries.get(target.name)
    if (taken === node) return
    if (taken !== undefined && node.kind === 'directory') throw fail('ENOTEMPTY', to)
    if (taken?.kind === 'directory') throw fail('EISDIR', to)
    if (`${to}/`.startsWith(`${from}/`)) throw fail('EINVAL', to)
    this.#change([
      { ...source, node: undefined },
      { ...target, node },
    ])
  }

  unlink(path: string): void {
    this.file(path)
    this.#change([{ ...this.#place(path), node: undefined }])
  }

  /** One name after the other, the innermost first; `before` each of them. */
  removeTree(path: string, before: (path: string) => void = () => undefined): void {
    const node = this.find(path)
    if (node === undefined) return
    const names = node.kind === 'directory' ? [...node.entries.keys()] : []
    for (const name of names) this.removeTree(`${path}/${name}`, before)
    before(path)
    this.#change([{ ...this.#place(path), node: undefined }])
  }

  /** Gone at once and for good, with all that is in it. */
  lose(path: string): void {
    const { directory, name } = this.#place(path)
    if (directory.entries.get(name) === undefined) throw fail('ENOENT', path)
    const lost: NameChange = { directory, name, node: undefined }
    this.#change([lost])
    this.sync(directory)
  }

  /** Makes the changes in a directory durable, with those before them that they build upon. */
  sync(directory: SimDirectory): void {
    const wanted = new Map<SimDirectory, Set<string>>()
    const chosen = new Set<readonly NameChange[]>()
    for (const changes of this.#pending.toReversed()) {
      if (!changes.some((change) => change.directory === directory || wanted.get(change.directory)?.has(change.name)))
        continue
      chosen.add(changes)
      for (const change of changes) {
        const names = wanted.get(change.directory)
        if (names === undefined) wanted.set(change.directory, new Set([change.name]))
        else names.add(change.name)
      }
    }
    const pending = this.#pending
    this.#pending = pending.filter((changes) => !chosen.has(changes))
    for (const changes of pending) if (chosen.has(changes)) this.#persist(changes)
  }

  /** Power is lost: of `torn`, some first part of the pending changes is durable; of the files, see `SimFileContent.crash`. */
  crash(random: RandomStream, fate: Fate): void {
    const count = this.#pending.length
    const kept = fate === 'torn' ? random.below(count + 1) : fate === 'kept' ? count : 0
    for (const changes of this.#pending.slice(0, kept)) this.#persist(changes)
    this.#pending = []
    const restore = (directory: SimDirectory): void => {
      directory.entries = new Map(directory.durable)
      for (const node of directory.entries.values()) {
        if (node.kind === 'directory') restore(node)
        else node.crash(random, fate)
      }
    }
    restore(this.#root)
  }

  /** Bytes in all files that have a name. */
  usedBytes(directory = this.#root): number {
    let used = 0
    for (const node of directory.entries.values()) used += node.kind === 'file' ? node.size : this.usedBytes(node)
    return used
  }

  #change(changes: readonly NameChange[]): void {
    for (const { directory, name, node } of changes) {
      if (node === undefined) directory.entries.delete(name)
      else directory.entries.set(name, node)
    }
    this.#pending.push(changes)
  }

  #persist(changes: readonly NameChange[]): void {
    for (const { directory, name, node } of changes) {
      if (node === undefined) directory.durable.delete(name)
      else directory.durable.set(name, node)
    }
  }
}
