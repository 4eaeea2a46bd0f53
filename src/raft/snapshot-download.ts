/**
 * Does what the machine says of a snapshot that is fetched: pieces go into a part file, in order, and are checked as they
 * come; the last one makes the file durable. Beside the work on the log, so that no vote waits for a large file. A crash
 * leaves a part file at most, which the next start removes.
 */
import { assert, type Disk, DiskError, type DiskFile, type Logger } from '../base/index.ts'
import { writeFully } from '../log/index.ts'
import type { FoundSnapshot } from './opening.ts'
import type { SnapshotStep } from './snapshot-fetch.ts'
import { isSnapshotDamage, orFailedSync } from './snapshot-files.ts'
import { partSuffix, snapshotName } from './snapshot-format.ts'
import { SnapshotStream } from './snapshot-stream.ts'

/** All of it, in a part file that is durable. */
export interface FetchedSnapshot extends FoundSnapshot {
  readonly attempt: number
  readonly sizeInBytes: number
}

export interface DownloadOptions {
  readonly disk: Disk
  /** `__cluster_metadata-0`. */
  readonly directory: string
  readonly logger: Logger
  /** Of this attempt there is more to come. */
  readonly written: (attempt: number) => void
  /** Its part file is kept until the next step. */
  readonly whole: (snapshot: FetchedSnapshot) => void
  /** It is damaged, or the disk did not take it: nothing is left of it. */
  readonly failed: (attempt: number) => void
  readonly onFault: (error: unknown) => void
}

type Piece = Extract<SnapshotStep, { readonly kind: 'piece' }>

interface Part {
  readonly attempt: number
  readonly path: string
  /** Undefined: it is whole, and closed. */
  readonly file: DiskFile | undefined
  readonly stream: SnapshotStream
}

export class SnapshotDownload {
  readonly #options: DownloadOptions
  #part: Part | undefined
  #work: Promise<void> = Promise.resolve()
  #isEnded = false
  /** What was wrong with the last one, if it was told already. */
  #trouble: string | undefined

  constructor(options: DownloadOptions) {
    this.#options = options
  }

  /** Does not wait. */
  take(steps: readonly SnapshotStep[]): void {
    for (const step of steps) {
      this.#work = this.#work.then(() => this.#do(step)).catch((error: unknown) => this.#options.onFault(error))
    }
  }

  /** It has got another name: there is no part file any more. */
  adopted(attempt: number): void {
    assert(this.#part?.attempt === attempt, 'what was fetched last is taken over')
    this.#part = undefined
  }

  /** Nothing is written any more; what there is of a snapshot goes. */
  async end(): Promise<void> {
    this.#isEnded = true
    await this.#work
    await this.#drop()
  }

  async #do(step: SnapshotStep): Promise<void> {
    if (this.#isEnded) return
    if (step.kind === 'drop') {
      if (this.#part?.attempt === step.attempt) await this.#drop()
      return
    }
    try {
      await this.#write(step)
    } catch (error) {
      const isDamage = isSnapshotDamage(error)
      if (!isDamage && !(error instanceof DiskError)) throw error
      this.#tell(snapshotName(step.snapshot), isDamage ? 'damaged, and is not used' : 'not written', error)
      await this.#drop()
      this.#options.failed(step.attempt)
    }
  }

  /** Once for each trouble: the same snapshot may be fetched for days. */
  #tell(name: string, what: string, { message: reason }: Error): void {
    const trouble = `${name} ${reason}`
    if (trouble === this.#trouble) return
    this.#trouble = trouble
    this.#options.logger.log('error', `a snapshot of the leader is ${what}`, { name, reason })
  }

  async #write({ attempt, snapshot, position, bytes, isLast }: Piece): Promise<void> {
    if (position === 0) await this.#begin(attempt, snapshot)
    const part = this.#part
    // What came before has failed, and the machine did not know yet.
    if (part?.attempt !== attempt || part.file === undefined) return
    part.stream.add(bytes)
    await writeFully({ file: part.file, chunks: [bytes], position })
    if (!isLast) {
      this.#options.written(attempt)
      return
    }
    const decoded = part.stream.end()
    await orFailedSync(part.file.sync())
    await part.file.close()
    this.#part = { ...part, file: undefined }
    this.#trouble = undefined
    this.#options.whole({ ...snapshot, ...decoded, attempt, sizeInBytes: position + bytes.length })
  }

  async #begin(attempt: number, snapshot: Piece['snapshot']): Promise<void> {
    await this.#drop()
    const { disk, directory } = this.#options
    const path = `${directory}/${snapshotName(snapshot)}${partSuffix}`
    this.#part = { attempt, path, file: await disk.open(path, { mode: 'create' }), stream: new SnapshotStream() }
  }

  async #drop(): Promise<void> {
    if (this.#part === undefined) return
    const { path, file } = this.#part
    this.#part = undefined
    await file?.close()
    try {
      await this.#options.disk.unlink(path)
    } catch (error) {
      // The next start removes it.
      if (!(error instanceof DiskError)) throw error
      this.#options.logger.log('warn', 'an unfinished snapshot could not be removed', { path, error: error.message })
    }
  }
}
