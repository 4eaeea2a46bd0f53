/**
 * How far the metadata was committed at least: a file of our own in the directory of the metadata log, which Kafka passes
 * over, and which still holds after its turn. A log that ends before it has lost what somebody was told; without the file
 * a damaged batch of old metadata would be taken for a torn tail and cut.
 */
import type { Disk } from '../base/index.ts'
import { readWholeFile, replaceFile } from '../log/index.ts'

export const committedBoundName = 'odradek-committed-offset'
const sizeMaxInBytes = 1024
const form = /^0\n(\d{1,16})\n$/

/** The offset behind what was committed; 0 where there is no such file, or none that can be read. */
export async function readCommittedBound(disk: Disk, directory: string): Promise<number> {
  const bytes = await readWholeFile(disk, `${directory}/${committedBoundName}`, sizeMaxInBytes)
  const [, offset] = form.exec(bytes?.toString('latin1') ?? '') ?? []
  return Number(offset ?? 0)
}

export class CommittedBound {
  readonly #disk: Disk
  readonly #path: string
  #offset = 0

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#path = `${directory}/${committedBoundName}`
  }

  /** Durable on return; nothing is written where it says as much already. */
  async raise(offset: number): Promise<void> {
    if (offset <= this.#offset) return
    await replaceFile(this.#disk, this.#path, Buffer.from(`0\n${offset}\n`))
    this.#offset = offset
  }
}
