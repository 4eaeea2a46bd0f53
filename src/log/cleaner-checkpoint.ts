/** How far each log of a directory is compacted (`cleaner-offset-checkpoint`). Off the hot path. */
import { type Disk, DiskError, type Logger } from '../base/index.ts'
import { cleanerOffsetCheckpointName, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { directoryName } from './file-names.ts'
import type { Log } from './log.ts'

export interface CleanerCheckpointOptions {
  readonly disk: Disk
  readonly directory: string
  readonly logger: Logger
}

export class CleanerCheckpoint {
  readonly #options: CleanerCheckpointOptions
  readonly #path: string

  constructor(options: CleanerCheckpointOptions) {
    this.#options = options
    this.#path = `${options.directory}/${cleanerOffsetCheckpointName}`
  }

  /** By the names of the logs' directories. What cannot be read is no loss: those logs are taken for dirty from their start. */
  async read(): Promise<ReadonlyMap<string, number>> {
    const { disk, logger } = this.#options
    try {
      const entries = await readCheckpoint(disk, this.#path)
      return new Map(entries.map((entry) => [directoryName(entry), entry.offset]))
    } catch (error) {
      if (!(error instanceof DiskError && error.code === 'EBADMSG')) throw error
      logger.log('warn', 'all compacted logs are compacted anew', { reason: error.message })
      return new Map()
    }
  }

  async write(logs: Iterable<Log>): Promise<void> {
    const entries = [...logs].flatMap(({ topicPartition, compaction }) =>
      compaction.cleanedUpTo === undefined ? [] : [{ ...topicPartition, offset: compaction.cleanedUpTo }],
    )
    await writeCheckpoint(this.#options.disk, this.#path, entries)
  }
}
