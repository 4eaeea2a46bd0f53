/** Requests with the replies they must have, in the file that the generator's mode `frames` reads. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writer } from '../src/base/index.ts'
import { type Api, type Fields, responseHeaderVersion } from '../src/protocol/index.ts'
import { requestFrame } from '../test/wire.ts'
import { cache } from './paths.ts'

export interface Exchange {
  readonly request: Buffer
  /** Without its size. A reply that differs in a byte behind its correlation id ends the run. */
  readonly reply: Buffer
}

export interface ExchangeOptions<Q extends Fields, S extends Fields> {
  readonly version: number
  readonly request: Parameters<Api<Q, S>['request']['create']>[0]
  readonly response: Parameters<Api<Q, S>['response']['create']>[0]
}

export function exchange<Q extends Fields, S extends Fields>(api: Api<Q, S>, options: ExchangeOptions<Q, S>): Exchange {
  const { version, request, response } = options
  const writer = new Writer(1024)
  writer.i32(0)
  if (responseHeaderVersion(api.key, version) >= 1) writer.uvarint(0)
  api.response.encode(writer, version, api.response.create(response))
  const reply = Buffer.concat(writer.finish().filter((part) => part instanceof Uint8Array))
  return { request: requestFrame(api, { version, request, clientId: 'loadgen' }), reply }
}

/** Returns the path of the file. */
export function writeExchanges(name: string, exchanges: readonly Exchange[]): string {
  const sized = (bytes: Buffer): readonly Buffer[] => {
    const size = Buffer.alloc(4)
    size.writeInt32BE(bytes.length)
    return [size, bytes]
  }
  const folder = join(cache, 'bench')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}.frames`)
  writeFileSync(path, Buffer.concat(exchanges.flatMap(({ request, reply }) => [...sized(request), ...sized(reply)])))
  return path
}
