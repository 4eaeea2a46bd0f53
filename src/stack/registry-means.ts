/** What a schema registry needs of Node: threads for schemas and for passwords, and HTTPS. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, request } from 'node:https'
import { Worker } from 'node:worker_threads'
import type { JobRunner } from '../base/index.ts'
import { WorkerPool } from '../env/index.ts'
import { type Cryptography, type Https, jobsUrl } from '../registry/index.ts'

type ScryptThread = ReturnType<Cryptography['scryptThread']>

/** One for all registries of the process. It begins with the first schema that is not small. */
export const schemaThread: JobRunner = new WorkerPool({
  ...{ jobsUrl, threadsMax: 1, queueMax: 100 },
  // Whoever has asked is gone when the process ends.
  ...{ keepsAlive: false, jobMsMax: 20_000 },
})

export const https: Https = {
  createServer: (options, listener) => createServer(options, listener),
  request: (url, options) => request(url, options),
}

/** A text, so that it runs from wherever the rest does; a script or a module, as the process was told to take texts. */
const program = `
const { parentPort } = process.getBuiltinModule('node:worker_threads')
const { scryptSync } = process.getBuiltinModule('node:crypto')
parentPort.on('message', ({ password, salt, bytes, options }) => {
  try {
    parentPort.postMessage({ hash: scryptSync(password, salt, bytes, options) })
  } catch (error) {
    parentPort.postMessage({ error })
  }
})`

type Answer = { readonly hash: Uint8Array } | { readonly error: Error }

class OwnThread implements ScryptThread {
  #worker: Worker | undefined
  /** In the order in which they are answered. */
  #asked: PromiseWithResolvers<Uint8Array>[] = []

  scrypt(...[password, parameters, bytes]: Parameters<ScryptThread['scrypt']>): Promise<Uint8Array> {
    const { cost, blockSize, parallelization, salt } = parameters
    // Node's own bound is 32 MB, less than what is needed beside the blocks.
    const maxmem = 128 * blockSize * (cost + parallelization + 2) + 1024 * 1024
    const options = { cost, blockSize, parallelization, maxmem }
    const asked = Promise.withResolvers<Uint8Array>()
    this.#asked.push(asked)
    this.#worker ??= this.#begun()
    // A copy: a small Buffer is part of a larger one, all of which would be sent.
    this.#worker.postMessage({ password, salt: Uint8Array.from(salt), bytes, options })
    return asked.promise
  }

  #begun(): Worker {
    const worker = new Worker(program, { eval: true })
    let failure: Error | undefined
    worker.on('message', (answer: Answer) => {
      const asked = this.#asked.shift()
      if ('error' in answer) asked?.reject(answer.error)
      else asked?.resolve(answer.hash)
    })
    worker.on('error', (error: Error) => {
      failure = error
    })
    worker.on('exit', () => {
      this.#worker = undefined
      const lost = this.#asked
      this.#asked = []
      for (const { reject } of lost) reject(failure ?? new Error('the thread that hashes passwords has ended'))
    })
    return worker
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
  }
}

export const cryptography: Cryptography = {
  scryptThread: () => new OwnThread(),
  hmac: (key, text) => createHmac('sha256', key).update(text).digest(),
  isEqual: (one, other) => timingSafeEqual(one, other),
  secret: (bytes) => randomBytes(bytes),
}
