/**
 * One thread that does nothing but make files durable, so that a vote or a metadata record never waits behind cold
 * reads and compression in the common pool. Made with the first file that asks for it, ended with the last.
 */
import { Worker } from 'node:worker_threads'
import { assert } from '../base/index.ts'

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

interface Done {
  readonly id: number
  readonly error?: { readonly code: string; readonly message: string }
}

/** Runs in the thread. Descriptors belong to the process, so a number is enough. */
const program = `
const { parentPort } = require('node:worker_threads')
const { fdatasyncSync } = require('node:fs')
parentPort.on('message', ({ id, fd }) => {
  try {
    fdatasyncSync(fd)
    parentPort.postMessage({ id })
  } catch (error) {
    parentPort.postMessage({ id, error: { code: error.code, message: error.message } })
  }
})`

export class SyncThread {
  static #shared: SyncThread | undefined
  readonly #worker = new Worker(program, { eval: true })
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #users = 0
  #failure: Error | undefined

  private constructor() {
    this.#worker.unref()
    this.#worker.on('message', ({ id, error }: Done) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) this.#worker.unref()
      if (error === undefined) waiting?.resolve()
      else waiting?.reject(Object.assign(new Error(error.message), { code: error.code }))
    })
    this.#worker.on('error', (error: Error) => {
      this.#failure = error
      if (SyncThread.#shared === this) SyncThread.#shared = undefined
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    })
  }

  static acquire(): SyncThread {
    SyncThread.#shared ??= new SyncThread()
    SyncThread.#shared.#users++
    return SyncThread.#shared
  }

  sync(fd: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      // The process does not end before what it waits for is durable.
      if (this.#waiting.size === 0) this.#worker.ref()
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, fd })
    })
  }

  async release(): Promise<void> {
    this.#users--
    assert(this.#users >= 0, 'a sync thread is released once per use')
    if (this.#users > 0) return
    if (SyncThread.#shared === this) SyncThread.#shared = undefined
    await this.#worker.terminate()
  }
}
