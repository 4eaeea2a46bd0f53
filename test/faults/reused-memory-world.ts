/**
 * Readers that are slow, while the log under them is appended to, rolled, cut, trimmed by retention and deleted: every batch
 * that arrives has its checksum and its offset, or the connection is closed. Released buffers are overwritten.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiError } from '../../src/base/index.ts'
import { deleteTopics, ErrorCode, fetch } from '../../src/protocol/index.ts'
import { BatchCursor, batchHeader, buildBatch } from '../../src/records/index.ts'
import { SeededStream } from '../../src/sim/index.ts'
import { readReply, requestFrame } from '../wire.ts'
import { Faults, produceTo } from './kit.ts'

const version = 12
const topic = 't'
const readers = 4
const replyBytesMax = 16_000_000

export interface Seen {
  batches: number
  bytes: number
  closed: number
  truncations: number
  deletions: number
}

/** Reads a reply in trickles; undefined when the connection was closed instead. */
class SlowReader {
  readonly #draw: SeededStream
  readonly #port: number
  readonly #pauseOneIn: number
  #socket: Socket | undefined

  constructor(port: number, draw: SeededStream) {
    this.#port = port
    this.#draw = draw
    // Some are so slow that the log changes under a reply, some follow the end.
    this.#pauseOneIn = 1 + draw.below(12)
  }

  ask(bytes: Buffer): Promise<Buffer | undefined> {
    const socket = this.#socket ?? this.#connect()
    return new Promise((resolve) => {
      const chunks: Buffer[] = []
      let size = 0
      const done = (reply: Buffer | undefined): void => {
        socket.removeAllListeners('data')
        socket.removeAllListeners('close')
        if (reply === undefined) this.#socket = undefined
        resolve(reply)
      }
      socket.on('close', () => done(undefined))
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        const first = chunks[0]?.length === size || size < 1000 ? Buffer.concat(chunks) : chunks[0]
        if (first !== undefined && first.length >= 4 && size >= 4 + first.readInt32BE(0)) {
          done(Buffer.concat(chunks).subarray(4))
          return
        }
        if (this.#draw.below(this.#pauseOneIn) > 0) return
        socket.pause()
        setTimeout(() => socket.resume(), this.#draw.below(20))
      })
      socket.write(bytes)
    })
  }

  #connect(): Socket {
    const socket = connect({ host: '127.0.0.1', port: this.#port })
    // 'close' follows, and says enough.
    socket.on('error', () => undefined)
    this.#socket = socket
    return socket
  }

  close(): void {
    this.#socket?.destroy()
  }
}

const settings = { 'segment.bytes': '1048576', 'retention.bytes': '24000000', 'flush.messages': '50' }

class Readers {
  readonly seen: Seen = { batches: 0, bytes: 0, closed: 0, truncations: 0, deletions: 0 }
  readonly #faults: Faults
  readonly #draw: SeededStream
  readonly #endMs: number

  constructor(faults: Faults, draw: SeededStream, endMs: number) {
    this.#faults = faults
    this.#draw = draw
    this.#endMs = endMs
  }

  get #isOver(): boolean {
    return Date.now() > this.#endMs
  }

  async write(): Promise<void> {
    const wire = await this.#faults.connect()
    while (!this.#isOver) {
      const value = Buffer.alloc(1000 + this.#draw.below(20_000), this.#draw.below(256))
      const records = buildBatch(Array.from({ length: 3 }, () => ({ timestampMs: Date.now(), key: null, value })))
      await produceTo(wire, { topic, records, acks: 1 })
    }
    wire.destroy()
  }

  async read(): Promise<void> {
    const reader = new SlowReader(this.#faults.port, this.#draw)
    let next = 0
    while (!this.#isOver) {
      const partitions = [{ partition: 0, fetchOffset: next, partitionMaxBytes: replyBytesMax }]
      const request = { maxWaitMs: 50, minBytes: 1, maxBytes: replyBytesMax, topics: [{ topic, partitions }] }
      const bytes = await reader.ask(requestFrame(fetch, { version, request }))
      if (bytes === undefined) {
        this.seen.closed++
        continue
      }
      const answer = readReply(fetch, bytes, version).responses[0]?.partitions[0]
      assert.ok(answer)
      if (answer.errorCode !== ErrorCode.NONE) {
        next = answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE ? this.#firstOffset() : next
        continue
      }
      next = check(answer.records instanceof Uint8Array ? answer.records : new Uint8Array(0), next, this.seen)
      // Not always at the end: old segments are read too.
      if (this.#draw.below(5) === 0) next = this.#firstOffset()
    }
    reader.close()
  }

  #firstOffset(): number {
    return this.#faults.node.broker.replicas.get(topic, 0)?.log.logStartOffset ?? 0
  }

  async disturb(): Promise<void> {
    while (!this.#isOver) {
      await new Promise((resolve) => setTimeout(resolve, 20 + this.#draw.below(60)))
      const log = this.#faults.node.broker.replicas.get(topic, 0)?.log
      if (log === undefined) continue
      if (this.#draw.below(20) > 0) {
        const { logStartOffset, logEndOffset } = log
        this.seen.truncations++
        // Mostly a short end: a log that is long has slow readers in the middle of long replies.
        const cut = this.#draw.below(logEndOffset - logStartOffset + 1) / (1 + this.#draw.below(20))
        await log.truncateTo(logEndOffset - Math.floor(cut)).catch(ignoreRefusal)
        continue
      }
      this.seen.deletions++
      await this.#faults.with((wire) => wire.call(deleteTopics, { topics: [{ name: topic }], timeoutMs: 5000 }))
      await this.#faults.createTopic(topic, settings)
    }
  }
}

export async function runReaders(seed: number, durationMs: number): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), 'odradek-reused-'))
  const faults = await Faults.start({
    'log.dirs': folder,
    'log.retention.check.interval.ms': '200',
    'log.segment.delete.delay.ms': '0',
    'odradek.queued.reply.bytes': '4194304',
  })
  try {
    await faults.createTopic(topic, settings)
    const all = new Readers(faults, new SeededStream(`readers ${seed}`), Date.now() + durationMs)
    await Promise.all([all.write(), all.disturb(), ...Array.from({ length: readers }, () => all.read())])
    assert.equal(faults.node.isReady, true)
    return all.seen
  } finally {
    await faults.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A topic that is deleted meanwhile. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ApiError)) throw error
}

function check(bytes: Uint8Array, from: number, seen: Seen): number {
  let next = from
  const cursor = new BatchCursor(bytes)
  while (cursor.next()) {
    assert.ok(cursor.isCrcValid(), `a batch of ${cursor.sizeInBytes} bytes behind offset ${next} has its checksum`)
    const baseOffset = batchHeader.baseOffset(cursor.view, cursor.position)
    const lastOffset = batchHeader.lastOffset(cursor.view, cursor.position)
    assert.ok(
      baseOffset === next || (next === from && baseOffset <= next && next <= lastOffset),
      `${baseOffset} follows ${next}`,
    )
    next = lastOffset + 1
    seen.batches++
    seen.bytes += cursor.sizeInBytes
  }
  // A reply that is full ends where it is full; any other ends with a batch.
  const isWhole = cursor.ended === 'end' || (cursor.ended === 'torn' && bytes.length === replyBytesMax)
  assert.ok(isWhole, `${bytes.length} bytes behind offset ${from} end in what is no batch, behind ${next}`)
  return next
}
