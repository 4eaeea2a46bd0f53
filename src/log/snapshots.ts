/**
 * The `.snapshot` files of one partition directory: which there are, the newest good one, taking and dropping them. Never
 * on the produce path but at a roll.
 */
import type { Disk, Logger } from '../base/index.ts'
import { filePath, parseFileName, snapshotSuffix } from './file-names.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot, producerSnapshotSizeMaxInBytes } from './producer-snapshot.ts'
import type { ProducerEntry, ProducerState } from './producer-state.ts'
import { readWholeFile, writeWholeFile } from './whole-file.ts'

export class ProducerSnapshots {
  readonly #disk: Disk
  readonly #directory: string
  readonly #logger: Logger
  #offsets: number[] = []

  constructor(disk: Disk, directory: string, logger: Logger) {
    this.#disk = disk
    this.#directory = directory
    this.#logger = logger
  }

  get offsets(): readonly number[] {
    return this.#offsets
  }

  /** `names`: of all files in the directory. */
  load(names: readonly string[]): void {
    const found = names.map(parseFileName).filter((name) => name?.suffix === snapshotSuffix)
    this.#offsets = found.map((name) => name?.offset ?? 0).sort((a, b) => a - b)
  }

  /** The newest one up to `offset` that can be read; those that cannot are removed. */
  async newest(
    offset: number,
  ): Promise<{ readonly offset: number; readonly entries: readonly ProducerEntry[] } | undefined> {
    for (const candidate of this.#offsets.filter((at) => at <= offset).toReversed()) {
      const path = filePath(this.#directory, candidate, snapshotSuffix)
      const bytes = await readWholeFile(this.#disk, path, producerSnapshotSizeMaxInBytes)
      const entries = bytes && decodeProducerSnapshot(bytes)
      if (entries !== undefined) return { offset: candidate, entries }
      this.#logger.log('warn', 'producer snapshot cannot be read: dropped, the state is rebuilt from the log', { path })
      await this.remove((at) => at === candidate)
    }
    return undefined
  }

  /** Writes the state at its end offset, unless nothing was appended since the last one. */
  async take(state: ProducerState): Promise<void> {
    const offset = state.endOffset
    if (offset <= (this.#offsets.at(-1) ?? 0)) return
    const bytes = encodeProducerSnapshot(state.entries)
    await writeWholeFile(this.#disk, filePath(this.#directory, offset, snapshotSuffix), { bytes, sync: true })
    this.#offsets.push(offset)
  }

  async remove(isDoomed: (offset: number) => boolean): Promise<void> {
    const doomed = this.#offsets.filter(isDoomed)
    this.#offsets = this.#offsets.filter((offset) => !doomed.includes(offset))
    for (const offset of doomed) await this.#disk.unlink(filePath(this.#directory, offset, snapshotSuffix))
  }
}
