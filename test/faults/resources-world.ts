/** Attacks on the memory and on the loop of a node in another process, and what it has used meanwhile. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGzip, createZstdCompress } from 'node:zlib'
import { apiVersions, createTopics, ErrorCode } from '../../src/protocol/index.ts'
import { batchHeader, buildBatch, CompressionType } from '../../src/records/index.ts'
import { Wire } from '../wire.ts'
import { goodBatch, network } from './kit.ts'
import type { Usage } from './resources-node.ts'

export const mebibyte = 1024 * 1024

export class Victim {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(config: Readonly<Record<string, string>> = {}): Promise<Victim> {
    const child = fork(new URL('./resources-node.ts', import.meta.url), [JSON.stringify(config)], { execArgv: [] })
    const failed = once(child, 'exit').then(([code]) => assert.fail(`the node ended with code ${code}`))
    const [port] = await Promise.race([once(child, 'message'), failed])
    const victim = new Victim(child, port)
    // What is made at first use is no growth.
    for (let i = 0; i < 20; i++) await victim.checkHealth()
    return victim
  }

  connect(): Promise<Wire> {
    return Wire.connect(network, '127.0.0.1', this.port)
  }

  async sockets(count: number): Promise<Socket[]> {
    const sockets = Array.from({ length: count }, () => connect({ host: '127.0.0.1', port: this.port }))
    for (const socket of sockets) socket.on('error', () => undefined)
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    return sockets
  }

  /** Others are answered. */
  async checkHealth(): Promise<void> {
    const wire = await this.connect()
    assert.equal((await wire.call(apiVersions, {}, 0)).errorCode, ErrorCode.NONE)
    wire.destroy()
  }

  async createTopic(name: string, configs: Readonly<Record<string, string>> = {}): Promise<void> {
    const wire = await this.connect()
    const given = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const topics = [{ name, numPartitions: 1, replicationFactor: 1, configs: given }]
    assert.equal((await wire.call(createTopics, { topics, timeoutMs: 5000 })).topics[0]?.errorCode, ErrorCode.NONE)
    wire.destroy()
  }

  async usage(): Promise<Usage> {
    const told = once(this.#child, 'message')
    this.#child.send('usage')
    const [usage] = await told
    return usage
  }

  /** How much the node has grown through `work`, at its end, and how long its loop was held. */
  async during(work: () => Promise<void>): Promise<{ readonly grownBytes: number; readonly heldMsMax: number }> {
    const before = await this.usage()
    await work()
    await this.checkHealth()
    const after = await this.usage()
    assert.deepEqual(after.errors, [])
    return { grownBytes: after.rssBytes - before.rssBytes, heldMsMax: after.heldMsMax }
  }

  async untilConnections(count: number): Promise<void> {
    while ((await this.usage()).connections !== count) await sleep(10)
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.removeAllListeners('exit')
    this.#child.kill('SIGKILL')
    await Promise.race([ended, once(this.#child, 'exit')])
  }
}

/** The header of a good batch in front of whatever records, with length, codec and checksum put right. */
export function batchOf(codec: CompressionType, records: Uint8Array, recordCount = 1): Buffer {
  const head = Buffer.from(goodBatch().subarray(0, batchHeader.batchHeaderSize))
  const batch = Buffer.concat([head, records])
  batch.writeInt32BE(batch.length - batchHeader.logOverhead, batchHeader.batchLengthAt)
  batch.writeInt16BE(codec, batchHeader.attributesAt)
  batch.writeInt32BE(recordCount - 1, batchHeader.lastOffsetDeltaAt)
  batch.writeInt32BE(recordCount, batchHeader.recordCountAt)
  batch.writeUInt32BE(batchHeader.computeCrc(batch, 0, batch.length), batchHeader.crcAt)
  return batch
}

/** A batch of one record of zeros that is small on the wire; never whole in memory here either. */
export async function bomb(codec: 1 | 4, plainBytes: number): Promise<Buffer> {
  const value = plainBytes - (plainBytes % mebibyte)
  const stream = codec === CompressionType.gzip ? createGzip() : createZstdCompress()
  const packed: Buffer[] = []
  stream.on('data', (chunk: Buffer) => packed.push(chunk))
  const zeros = Buffer.alloc(mebibyte)
  const ended = once(stream, 'end')
  stream.write(recordHead(value))
  for (let left = value; left > 0; left -= mebibyte) if (!stream.write(zeros)) await once(stream, 'drain')
  // No headers.
  stream.end(Buffer.alloc(1))
  await ended
  return batchOf(codec, Buffer.concat(packed))
}

const zigzag = (value: number): number[] => {
  const bytes: number[] = []
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return bytes
}

/** Everything of a record before its value: attributes, timestamp delta, offset delta, no key. */
function recordHead(valueBytes: number): Buffer {
  const inner = [0, 0, 0, ...zigzag(-1), ...zigzag(valueBytes)]
  return Buffer.from([...zigzag(inner.length + valueBytes + 1), ...inner])
}

export const smallBomb = (codec: CompressionType): Buffer =>
  buildBatch([{ timestampMs: Date.now(), key: null, value: Buffer.alloc(1000 * 1024) }], { codec })
