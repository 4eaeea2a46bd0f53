/**
 * Lets Odradek's logs do what Kafka's did: the batches of a golden directory are appended one by one, as their producers
 * and coordinators sent them, with the settings that its topics have, and the compacted topic is compacted.
 */
import assert from 'node:assert/strict'
import { type Clock, type Disk, type Logger, present, uuidFromLatin1 } from '../../src/base/index.ts'
import { MemoryDisk } from '../../src/env/index.ts'
import {
  compactionJobs,
  decodePartitionMetadata,
  defaultLogConfig,
  Log,
  type LogConfig,
  LogManager,
  parseDirectoryName,
  readWholeFile,
  Throttle,
  writeWholeFile,
} from '../../src/log/index.ts'
import { BatchCursor, batchHeader as header } from '../../src/records/index.ts'
import { inlineHost } from '../../src/sim/index.ts'
import { type DirectoryName, filesOf } from './data-dirs.ts'

/** When the cleaner came: the delete horizon that it gave is 100 ms later, the topic's `delete.retention.ms`. */
const cleanedMs = 1_795_459_204_019
const clock: Clock = {
  now: () => cleanedMs,
  monotonic: () => 0,
  after: () => ({ cancel: () => undefined }),
  afterDrain: (then) => then(),
}
const random = { u32: () => 0, below: () => 0, float: () => 0, uuid: () => uuidFromLatin1('a'.padEnd(16)) }
const logger: Logger = { child: () => logger, log: () => undefined }
const fail = (error: Error): never => {
  throw error
}
const root = '/data'
const metadataFolder = '__cluster_metadata-0'
const metadataId = uuidFromLatin1(`${'\0'.repeat(15)}\x01`)
const compacted: Partial<LogConfig> = {
  isCompacted: true,
  isDeleted: false,
  segmentMs: 1000,
  maxCompactionLagMs: 1000,
  minCleanableDirtyRatio: 0.01,
  deleteRetentionMs: 100,
}

function configOf(topic: string): LogConfig {
  const config: LogConfig = { ...defaultLogConfig, segmentIndexBytes: 4096, retentionMs: -1 }
  if (topic === 'rolled') return { ...config, segmentBytes: 1_048_576, indexIntervalBytes: 1024 }
  if (topic === 'compacted') return { ...config, ...compacted }
  return topic.startsWith('__') ? { ...config, segmentBytes: 104_857_600 } : config
}

export class WrittenAgain {
  #disk = new MemoryDisk()
  readonly #files: ReadonlyMap<string, Buffer>

  private constructor(directory: DirectoryName) {
    this.#files = filesOf(directory)
  }

  /** `brokerEpoch` is that of the clean stop; without one the logs are left as a kill leaves them. */
  static async write(directory: DirectoryName, brokerEpoch: number | undefined): Promise<WrittenAgain> {
    const written = new WrittenAgain(directory)
    await written.#writeTopics(brokerEpoch)
    await written.#writeMetadata(brokerEpoch !== undefined)
    return written
  }

  file(path: string): Promise<Buffer | undefined> {
    return readWholeFile(this.#disk, `${root}/${path}`, 1e8)
  }

  /** Of all its files. */
  async paths(): Promise<readonly string[]> {
    const found: string[] = []
    for (const { name, kind } of await this.#disk.list(root)) {
      const inner = kind === 'directory' ? await this.#disk.list(`${root}/${name}`) : undefined
      if (inner === undefined) found.push(name)
      else found.push(...inner.map((file) => `${name}/${file.name}`))
    }
    return found
  }

  /** What a start and a clean stop make of it. */
  async recover(): Promise<void> {
    const copy = new MemoryDisk()
    for (const path of await this.paths()) {
      const bytes = present(await this.file(path), path)
      await copy.makeDirectory(`${root}/${path}`.replace(/\/[^/]*$/, ''))
      await writeWholeFile(copy, `${root}/${path}`, { bytes, sync: true })
    }
    this.#disk = copy
    await (await openManager(copy)).close(-1)
    await (await openMetadata(copy)).close()
  }

  async #writeTopics(brokerEpoch: number | undefined): Promise<void> {
    let manager = await openManager(this.#disk)
    for (const folder of this.#partitions()) await this.#writePartition(manager, folder)
    await manager.checkpointCleaner()
    if (brokerEpoch === undefined) return manager.checkpoint()
    await manager.close(brokerEpoch)
    manager = await openManager(this.#disk)
    for (const log of manager.logs) {
      this.#epochsOf(`${log.topicPartition.topic}-${log.topicPartition.partition}`).beginLast(log)
      log.setHighWatermark(log.logEndOffset)
    }
    await manager.close(brokerEpoch)
  }

  #partitions(): readonly string[] {
    const folders = new Set([...this.#files.keys()].map((path) => path.split('/')[0] ?? ''))
    return [...folders].filter((name) => parseDirectoryName(name)?.tag === 'live' && name !== metadataFolder)
  }

  async #writePartition(manager: LogManager, folder: string): Promise<void> {
    const log = await manager.getOrCreate(
      present(parseDirectoryName(folder), folder),
      decodePartitionMetadata(this.#text(`${folder}/partition.metadata`)),
    )
    log.assignEpochStart(0, 0)
    for (const batch of this.#batchesOf(folder)) {
      const isOurs = header.isControl(viewOf(batch), 0) || folder.startsWith('__')
      await append(log, batch, isOurs ? 'coordinator' : 'client')
      log.setHighWatermark(log.logEndOffset)
    }
    if (folder === 'plain-0') log.deleteRecordsBefore(5)
    if (log.config.isCompacted) await compact(log)
  }

  async #writeMetadata(isStopped: boolean): Promise<void> {
    let log = await openMetadata(this.#disk)
    const epochs = this.#epochsOf(metadataFolder)
    for (const batch of this.#batchesOf(metadataFolder)) {
      // Each epoch but the first is that of a new start.
      if (epochs.isLastDue(log)) {
        await log.close()
        log = await openMetadata(this.#disk)
      }
      await append(log, batch, 'coordinator')
    }
    if (isStopped) await log.close()
  }

  #epochsOf(folder: string): Epochs {
    return new Epochs(this.#text(`${folder}/leader-epoch-checkpoint`))
  }

  /** Those that were appended: of the compacted topic they lie in what its compaction left to be deleted. */
  #batchesOf(folder: string): readonly Buffer[] {
    const isCompacted = folder === 'compacted-0'
    const files = isCompacted ? filesOf('unclean') : this.#files
    const isWritten = (path: string): boolean =>
      isCompacted ? /\.log\.deleted$|200\.log$/.test(path) : path.endsWith('.log')
    const paths = [...files.keys()].filter((path) => path.startsWith(`${folder}/`) && isWritten(path)).sort()
    return paths.flatMap((path) => [...batchesIn(present(files.get(path), path))])
  }

  #text(path: string): string {
    return present(this.#files.get(path), path).toString('utf8')
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

function* batchesIn(segment: Buffer): Generator<Buffer> {
  const cursor = new BatchCursor(segment)
  while (cursor.next()) yield Buffer.from(segment.subarray(cursor.position, cursor.nextPosition))
}

/** Offset and epoch are the leader's to give. */
async function append(log: Log, batch: Buffer, origin: 'client' | 'coordinator'): Promise<void> {
  const view = viewOf(batch)
  const leaderEpoch = header.partitionLeaderEpoch(view, 0)
  header.patchBaseOffset(view, 0, 0)
  header.patchLeaderEpoch(view, 0, -1)
  await log.append(batch, { kind: 'leader', leaderEpoch, origin })
}

async function compact(log: Log): Promise<void> {
  const cleanable = await log.compaction.cleanable(cleanedMs)
  if (cleanable.cleanableBytes === 0) return
  await log.compaction.run(cleanable, {
    workers: { run: async (name, input) => present(compactionJobs.get(name), name)(input, inlineHost) },
    random,
    throttle: new Throttle(clock, () => Number.MAX_SAFE_INTEGER),
    keysBytesMax: 100_000,
    loadFactor: 0.9,
    chunkBytes: 100_000,
    partBytes: 50_000,
    decompressedBytesMax: 1e6,
    isStopped: () => false,
  })
}

/** Who becomes leader says so before it appends: the last line of a checkpoint names the newest epoch and its start. */
class Epochs {
  readonly #epoch: number
  readonly #startOffset: number

  constructor(checkpoint: string) {
    const [epoch, startOffset] = (checkpoint.trimEnd().split('\n').at(-1) ?? '').split(' ').map(Number)
    assert.ok(epoch !== undefined && startOffset !== undefined)
    this.#epoch = epoch
    this.#startOffset = startOffset
  }

  isLastDue(log: Log): boolean {
    return this.#startOffset > 0 && this.#startOffset === log.logEndOffset
  }

  beginLast(log: Log): void {
    log.assignEpochStart(this.#epoch, log.logEndOffset)
  }
}

const openManager = (disk: Disk): Promise<LogManager> =>
  LogManager.open({
    directory: root,
    disk,
    clock,
    random,
    logger,
    configOf,
    onDirectoryFailure: (_directory, error) => fail(error),
    recoveriesMax: () => 4,
    intervals: {
      initialDelayMs: 1,
      retentionMs: 1,
      flushCheckMs: 1,
      recoveryPointMs: 1,
      logStartOffsetMs: 1,
      highWatermarkMs: 1,
    },
  })

/** As the quorum opens it: never trusted to have been stopped. */
const openMetadata = (disk: Disk): Promise<Log> =>
  Log.open({
    directory: `${root}/${metadataFolder}`,
    topicPartition: { topic: '__cluster_metadata', partition: 0 },
    topicId: metadataId,
    config: { ...defaultLogConfig, retentionMs: -1 },
    disk,
    clock,
    logger,
    recoveryPoint: 0,
    isCleanShutdown: false,
    logStartOffset: 0,
    onDirectoryFailure: fail,
  })
