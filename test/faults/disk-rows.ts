/**
 * For the rows of disk faults: a directory as a clean stop leaves it and as `kill -9` does, a copy of it for each fault, and
 * what a node makes of that. One topic of five segments of 1 MiB, 5,000 records after the clean stop, 5,600 at the kill.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { present } from '../../src/base/index.ts'
import { readPlan } from '../../src/log/index.ts'
import type { Node } from '../../src/node/index.ts'
import { BatchCursor, batchHeader, buildBatch } from '../../src/records/index.ts'
import { layered, startServer, testDefaults } from '../../src/stack/index.ts'
import { Faults, produceTo } from './kit.ts'

export const topic = 'd1'
const perBatch = 10
const cleanRecords = 5000
const allRecords = 5600
const settings = { 'log.segment.bytes': `${1024 * 1024}`, 'log.index.interval.bytes': '4096' }

export type Ending = 'clean' | 'unclean'

/** The directory in the state of each ending; made once. */
export class Templates {
  readonly #root = mkdtempSync(join(tmpdir(), 'odradek-disk-rows-'))
  #copies = 0

  static async make(): Promise<Templates> {
    const templates = new Templates()
    const live = templates.path('live')
    let node = await Faults.start({ ...settings, 'log.dirs': live })
    await node.createTopic(topic)
    await fill(node, 0, cleanRecords)
    await node.stop()
    cpSync(live, templates.path('clean'), { recursive: true })
    node = await Faults.start({ ...settings, 'log.dirs': live })
    await fill(node, cleanRecords, allRecords)
    // What is in the page cache now is what `kill -9` leaves.
    cpSync(live, templates.path('unclean'), { recursive: true })
    await node.stop()
    return templates
  }

  path(name: string): string {
    return join(this.#root, name)
  }

  /** A copy with the fault in it. */
  with(ending: Ending, fault: (directory: string) => void): string {
    const copy = this.path(`copy-${this.#copies++}`)
    cpSync(this.path(ending), copy, { recursive: true })
    fault(copy)
    return copy
  }

  remove(): void {
    rmSync(this.#root, { recursive: true })
  }
}

async function fill(node: Faults, from: number, to: number): Promise<void> {
  await node.with(async (wire) => {
    for (let i = from; i < to; i += perBatch) {
      const records = Array.from({ length: perBatch }, (_, n) => ({
        key: null,
        value: Buffer.from(`${i + n} `.padEnd(1000, 'x')),
        timestampMs: 1_795_459_200_000 + i + n,
      }))
      const { errorCode } = await produceTo(wire, { topic, records: buildBatch(records) })
      assert.equal(errorCode, 0)
    }
  })
}

export interface Opened {
  readonly node: Node
  readonly lines: readonly string[]
}

/** Starts a node there, and stops it when `work` is done. Rejects where it does not start. */
export async function opened<T>(directory: string, work: (opened: Opened) => Promise<T> | T): Promise<T> {
  const lines: string[] = []
  const texts = layered(testDefaults, settings, { 'log.dirs': directory })
  const node = await startServer({ texts, formatsEmpty: false, write: (line) => void lines.push(line) })
  try {
    return await work({ node, lines })
  } finally {
    await node.stop()
  }
}

/** How many records a reader gets that goes from batch to batch, and whether each of them is whole and where it should be. */
export async function countRecords({ node }: Opened): Promise<number> {
  const log = present(node.broker.replicas.get(topic, 0), 'the replica').log
  let count = 0
  for (let at = log.logStartOffset; at < log.logEndOffset; ) {
    const plan = await log.read({ startOffset: at, maxBytes: 100_000, maxOffset: log.logEndOffset, minOneBatch: true })
    const cursor = new BatchCursor(present(readPlan(plan), 'what was planned'))
    const before = at
    while (cursor.next()) {
      const { view, position } = cursor
      if (cursor.isCrcValid()) count += batchHeader.recordCount(view, position)
      at = batchHeader.nextOffset(view, position)
    }
    if (at === before) break
  }
  return count
}

export const logFile = (directory: string, baseOffset: number): string =>
  join(directory, `${topic}-0`, `${String(baseOffset).padStart(20, '0')}.log`)

/** Changes a file's bytes. */
export function edit(path: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(path, change(readFileSync(path)))
}
