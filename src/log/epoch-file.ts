/** The file `leader-epoch-checkpoint` of a partition: written whole, one writing after the other, when it is old. */
import type { Disk } from '../base/index.ts'
import { leaderEpochCheckpointName } from './file-names.ts'
import { encodeLeaderEpochs, type LeaderEpochCache } from './leader-epoch-cache.ts'
import { replaceFile } from './whole-file.ts'

export class EpochFile {
  readonly #disk: Disk
  readonly #cache: LeaderEpochCache
  #savedVersion: number
  #saving: Promise<void> = Promise.resolve()

  constructor(options: { readonly disk: Disk; readonly cache: LeaderEpochCache; readonly isOnDisk: boolean }) {
    this.#disk = options.disk
    this.#cache = options.cache
    this.#savedVersion = options.isOnDisk ? 0 : -1
  }

  save(directory: string): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      const { version } = this.#cache
      // Without an epoch there is nothing to say yet: the file comes with the first.
      const isEmpty = this.#savedVersion === -1 && this.#cache.entries.length === 0
      if (version === this.#savedVersion || isEmpty) return
      const text = encodeLeaderEpochs(this.#cache.entries)
      await replaceFile(this.#disk, `${directory}/${leaderEpochCheckpointName}`, Buffer.from(text))
      this.#savedVersion = version
    })
    return this.#saving
  }
}
