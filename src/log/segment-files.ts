/**
 * The files of one segment by name: `.log`, its indexes, and the suffix that they all carry while they come (`.cleaned`,
 * `.swap`) or go (`.deleted`). Off the hot path: the batches themselves are read and written by the open file.
 */
import { type Disk, DiskError } from '../base/index.ts'
import { filePath, logSuffix, offsetIndexSuffix, timeIndexSuffix, transactionIndexSuffix } from './file-names.ts'
import { openIfThere, readWholeFile, writeWholeFile } from './whole-file.ts'

const indexSizeMaxInBytes = 1024 * 1024 * 1024

export type IndexKind = typeof offsetIndexSuffix | typeof timeIndexSuffix | typeof transactionIndexSuffix
export type SegmentSuffix = '' | '.deleted' | '.cleaned' | '.swap'

/** The `.log` last: while it has its old name, a start does not take the others for a whole segment. */
const kinds = [offsetIndexSuffix, timeIndexSuffix, transactionIndexSuffix, logSuffix] as const

export interface SegmentFilesOptions {
  readonly disk: Disk
  readonly directory: string
  readonly baseOffset: number
}

export class SegmentFiles {
  readonly #options: SegmentFilesOptions
  #suffix: SegmentSuffix

  constructor(options: SegmentFilesOptions, suffix: SegmentSuffix = '') {
    this.#options = options
    this.#suffix = suffix
  }

  path(kind: IndexKind | typeof logSuffix): string {
    const { directory, baseOffset } = this.#options
    return filePath(directory, baseOffset, kind) + this.#suffix
  }

  /** Undefined where the file is missing. */
  readIndex(kind: IndexKind): Promise<Buffer | undefined> {
    return readWholeFile(this.#options.disk, this.path(kind), indexSizeMaxInBytes)
  }

  writeIndex(kind: IndexKind, content: { readonly bytes: Uint8Array; readonly sync: boolean }): Promise<void> {
    return writeWholeFile(this.#options.disk, this.path(kind), content)
  }

  /** Nothing where the file is missing: it may be on its way out. */
  async syncIndex(kind: IndexKind): Promise<void> {
    const file = await openIfThere(this.#options.disk, this.path(kind))
    try {
      await file?.sync()
    } finally {
      await file?.close()
    }
  }

  /** 0 where the file is missing. */
  async indexSize(kind: IndexKind): Promise<number> {
    return (await this.#options.disk.stat(this.path(kind)))?.size ?? 0
  }

  async unlinkIndexes(): Promise<void> {
    for (const kind of kinds) if (kind !== logSuffix) await unlinkIfThere(this.#options.disk, this.path(kind))
  }

  /** Renames what there is of them. */
  async changeSuffix(suffix: SegmentSuffix): Promise<void> {
    const { disk } = this.#options
    const from = kinds.map((kind) => this.path(kind))
    this.#suffix = suffix
    for (const [i, kind] of kinds.entries()) {
      const path = from[i] ?? ''
      if ((await disk.stat(path)) !== undefined) await disk.rename(path, this.path(kind))
    }
  }

  async unlink(): Promise<void> {
    for (const kind of kinds) await unlinkIfThere(this.#options.disk, this.path(kind))
  }
}

/** The directory may be on its way out with the file in it. */
async function unlinkIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path)
  } catch (error) {
    if (!(error instanceof DiskError && error.code === 'ENOENT')) throw error
  }
}
