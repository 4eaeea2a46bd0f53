/**
 * Counts what is done in this process by wrapping the functions that do it: copies, texts, checksums, files, timers, promises.
 * Installed before the modules of the broker are loaded, since some keep what they imported. What Node does inside of
 * itself does not pass here.
 */
import fs from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { promiseHooks } from 'node:v8'

type Call = (...args: unknown[]) => unknown
const checksumPackage = '@node-rs/crc32'

/** Bytes that a call has moved, by its arguments and its result. */
type BytesOf = (args: readonly unknown[], result: unknown) => number

export class Counters {
  readonly #counted = new Map<string, { calls: number; bytes: number; largest: number }>()
  #isOn = false

  start(): void {
    this.#counted.clear()
    this.#isOn = true
  }

  /** What was counted since the start, of one of so many requests: by name, calls, bytes and largest. */
  stop(requests: number): Readonly<Record<string, readonly number[]>> {
    this.#isOn = false
    const each = [...this.#counted].map(([name, { calls, bytes, largest }]) => {
      return [name, [calls / requests, bytes / requests, largest]] as const
    })
    return Object.fromEntries(each)
  }

  /** A call. */
  add(name: string, bytes = 0): void {
    if (!this.#isOn) return
    let row = this.#counted.get(name)
    if (row === undefined) {
      row = { calls: 0, bytes: 0, largest: 0 }
      this.#counted.set(name, row)
    }
    row.calls++
    row.bytes += bytes
    row.largest = Math.max(row.largest, bytes)
  }

  /** Once in a process. */
  install(): void {
    this.#copies()
    this.#texts()
    this.#files()
    this.#checksums()
    for (const name of ['setImmediate', 'queueMicrotask', 'setTimeout', 'setInterval'])
      this.#wrap(globalThis, name, name)
    this.#wrap(process, 'nextTick', 'nextTick')
    promiseHooks.onInit(() => this.add('promises'))
  }

  #copies(): void {
    const typedArray: unknown = Object.getPrototypeOf(Uint8Array)
    const result: BytesOf = (_, made) => sizeOf(made)
    this.#wrap(Buffer.prototype, 'copy', 'copy', (_, copied) => Number(copied))
    this.#wrap(prototypeOf(typedArray), 'set', 'set', ([source]) => sizeOf(source))
    this.#wrap(prototypeOf(typedArray), 'slice', 'slice', result)
    this.#wrap(prototypeOf(typedArray), 'copyWithin', 'copyWithin', result)
    this.#wrap(ArrayBuffer.prototype, 'slice', 'ArrayBuffer slice', result)
    this.#wrap(Uint8Array, 'from', 'Uint8Array.from', result)
    this.#wrap(Buffer, 'concat', 'Buffer.concat', result)
    this.#wrap(Buffer, 'copyBytesFrom', 'Buffer.copyBytesFrom', result)
    // Over memory that is given it is a view.
    this.#wrap(Buffer, 'from', 'Buffer.from', ([of], made) => (of instanceof ArrayBuffer ? 0 : sizeOf(made)))
    for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow']) this.#wrap(Buffer, name, `Buffer.${name}`, result)
  }

  #texts(): void {
    for (const name of ['latin1Slice', 'utf8Slice', 'asciiSlice', 'hexSlice', 'base64Slice', 'base64urlSlice']) {
      this.#wrap(Buffer.prototype, name, 'text read', (_, text) => (typeof text === 'string' ? text.length : 0))
    }
    for (const name of ['latin1Write', 'utf8Write', 'asciiWrite', 'hexWrite', 'base64Write']) {
      this.#wrap(Buffer.prototype, name, 'text written', (_, written) => Number(written))
    }
  }

  #checksums(): void {
    // Where it is not there the broker has code of its own, which passes by no function that could be wrapped.
    const require = createRequire(import.meta.url)
    try {
      const library: unknown = require(checksumPackage)
      if (isObject(library)) this.#wrap(library, 'crc32c', 'crc32c', ([bytes]) => sizeOf(bytes))
    } catch (error) {
      process.stderr.write(`checksums are not counted: ${error instanceof Error ? error.message : error}\n`)
    }
  }

  #files(): void {
    for (const name of ['writeSync', 'readSync', 'writevSync']) this.#wrap(fs, name, `fs.${name}`, (_, n) => Number(n))
    const others = ['openSync', 'closeSync', 'fstatSync', 'ftruncateSync', 'fsyncSync', 'fdatasyncSync', 'statSync']
    const later = ['open', 'close', 'read', 'write', 'readv', 'writev', 'fstat', 'ftruncate', 'fsync', 'fdatasync']
    for (const name of [...others, ...later]) this.#wrap(fs, name, `fs.${name}`)
    const promised = ['open', 'stat', 'rename', 'unlink', 'mkdir', 'readdir', 'rmdir', 'statfs', 'rm', 'readFile']
    for (const name of promised) this.#wrap(fs.promises, name, `fs.promises.${name}`)
    syncBuiltinESMExports()
  }

  #wrap(owner: object, key: string, name: string, bytesOf?: BytesOf): void {
    const original: unknown = Reflect.get(owner, key)
    if (!isCall(original)) return
    const add = (bytes?: number): void => this.add(name, bytes)
    const counted = Object.defineProperties(function counted(this: unknown, ...args: unknown[]): unknown {
      const result = Reflect.apply(original, this, args)
      add(bytesOf?.(args, result))
      return result
      // How a function is promisified is a property of it.
    }, Object.getOwnPropertyDescriptors(original))
    Reflect.set(owner, key, counted)
  }
}

const isCall = (value: unknown): value is Call => typeof value === 'function'
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function prototypeOf(kind: unknown): object {
  const found: unknown = isCall(kind) ? Reflect.get(kind, 'prototype') : undefined
  if (!isObject(found)) throw new Error('the typed arrays of this runtime have no prototype in common')
  return found
}

function sizeOf(value: unknown): number {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return value.byteLength
  return Array.isArray(value) ? value.length : 0
}
