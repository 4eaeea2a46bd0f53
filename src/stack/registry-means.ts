/** What a schema registry needs of Node for HTTPS and for passwords. */
import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { createServer, request } from 'node:https'
import type { Cryptography, Https } from '../registry/index.ts'

export const https: Https = {
  createServer: (options, listener) => createServer(options, listener),
  request: (url, options) => request(url, options),
}

export const cryptography: Cryptography = {
  scrypt: (password, { cost, blockSize, parallelization, salt }, bytes) => {
    // Node's own bound is 32 MB, less than what is needed beside the blocks.
    const maxmem = 128 * blockSize * (cost + parallelization + 2) + 1024 * 1024
    return new Promise((resolve, reject) => {
      scrypt(password, salt, bytes, { cost, blockSize, parallelization, maxmem }, (error, hash) =>
        error === null ? resolve(hash) : reject(error),
      )
    })
  },
  hmac: (key, text) => createHmac('sha256', key).update(text).digest(),
  isEqual: (one, other) => timingSafeEqual(one, other),
  secret: (bytes) => randomBytes(bytes),
}
