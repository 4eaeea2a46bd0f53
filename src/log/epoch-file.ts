/** The file `leader-epoch-checkpoint` of a partition: written whole, one writing after the other, when it is old. */
import type { Disk } from '../base/index.ts'
import type { Availability } from './availability.ts'
import type { FewAtOnce } from './few-at-once.ts'
import { leaderEpochCheckpointName } from './file-names.ts'
import { encodeLeaderEpochs, type LeaderEpochCache } from './leader-epoch-cache.ts'
import { replaceFile } from './whole-file.ts'

export interface EpochFileOptions {
  readonly disk: Disk
  /** Of the partition. */
  readonly directory: string
  readonly epochs: LeaderEpochCache
  readonly areEpochsOnDisk: boolean
  readonly isEpochFileAhead: boolean
  /** Nothing is written where the log's disk failed, or its directory is getting another name. */
  readonly availability: Pick<Availability, 'hasFailed' | 'hasLeft'>
  readonly epochFiles?: FewAtOnce
}

export class EpochFile {
  readonly #options: EpochFileOptions
  #savedVersion: number
  #isAhead: boolean
  #saving: Promise<void> = Promise.resolve()

  constructor(options: EpochFileOptions) {
    this.#options = options
    this.#savedVersion = options.areEpochsOnDisk ? 0 : -1
    this.#isAhead = options.isEpochFileAhead
  }

  /**
   * The file has epochs that start where the log ended when it was opened, or behind: each opening drops them, so that the
   * file may wait until a record lies there, or another leader's epoch begins. A start with thousands of logs that nobody
   * writes to would write them all, and once more when their leaders are known.
   */
  get isAhead(): boolean {
    return this.#isAhead
  }

  save(): Promise<void> {
    this.#isAhead = false
    this.#saving = this.#saving.then(async () => {
      const { disk, directory, epochs, availability, epochFiles } = this.#options
      const { version } = epochs
      if (availability.hasFailed || availability.hasLeft) return
      // Without an epoch there is nothing to say yet: the file comes with the first.
      const isEmpty = this.#savedVersion === -1 && epochs.entries.length === 0
      if (version === this.#savedVersion || isEmpty) return
      const text = encodeLeaderEpochs(epochs.entries)
      const write = () => replaceFile(disk, `${directory}/${leaderEpochCheckpointName}`, Buffer.from(text))
      await (epochFiles === undefined ? write() : epochFiles.run(write))
      this.#savedVersion = version
    })
    return this.#saving
  }
}
