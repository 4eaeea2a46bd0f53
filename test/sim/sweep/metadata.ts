/** The metadata quorum of the sweep: a driver over the disk, and the state that its records give, a list of texts. */
import assert from 'node:assert/strict'
import type { Env } from '../../../src/base/index.ts'
import { RaftDriver } from '../../../src/raft/index.ts'
import { soleVoter } from '../../../src/raft/testdata/running.ts'
import type { Promises } from './promises.ts'
import { metadataConfig } from './topics.ts'

interface MetadataOptions {
  readonly env: Env
  readonly directory: string
  readonly promises: Promises
  readonly failed: (error: unknown) => void
}

/** What the driver has told. */
class Told {
  readonly promises: Promises
  values: string[] = []
  /** Behind the last batch. */
  end = { offset: 0, epoch: 0, timestampMs: 0 }

  constructor(promises: Promises) {
    this.promises = promises
  }

  add(values: readonly Uint8Array[], end: Told['end']): void {
    this.values.push(...values.map((value) => Buffer.from(value).toString()))
    this.end = end
    this.promises.metadata.told(this.values)
  }
}

export class Metadata {
  readonly #env: Env
  readonly #driver: RaftDriver
  readonly #told: Told

  private constructor(options: MetadataOptions, driver: RaftDriver, told: Told) {
    this.#env = options.env
    this.#driver = driver
    this.#told = told
  }

  /** Resolves when it leads and all that was committed before was told. */
  static async start(options: MetadataOptions): Promise<Metadata> {
    const { env, directory, promises, failed } = options
    const told = new Told(promises)
    const driver = await RaftDriver.start({
      metadataLogDirectory: directory,
      quorum: soleVoter(1),
      send: () => undefined,
      disk: env.disk,
      clock: env.clock,
      logger: env.logger.child('raft'),
      config: metadataConfig,
      onSnapshot: ({ offset, epoch, timestampMs, records }) => told.add(records, { offset, epoch, timestampMs }),
      onCommitted: (batches) => {
        for (const { lastOffset, epoch, timestampMs, records } of batches) {
          told.add(records, { offset: lastOffset + 1, epoch, timestampMs })
        }
      },
      onCaughtUp: () => undefined,
      onRole: () => undefined,
      onFault: failed,
    })
    const metadata = new Metadata(options, driver, told)
    await metadata.#until(() => told.end.offset > (driver.epochStartOffset ?? Number.MAX_SAFE_INTEGER))
    promises.metadata.led(told.values, driver.epoch)
    return metadata
  }

  async #until(done: () => boolean): Promise<void> {
    for (let i = 0; !done(); i++) {
      assert.ok(i < 10_000, 'the quorum comes to it')
      await new Promise<void>((resolve) => void this.#env.clock.after(1, resolve))
    }
  }

  /** Resolves when they are committed. */
  async propose(count: number): Promise<void> {
    const { proposed } = this.#told.promises.metadata
    for (let i = 0; i < count; i++) {
      const value = `metadata ${proposed.length} `.padEnd(120, '.')
      proposed.push(value)
      this.#driver.propose([Buffer.from(value)])
    }
    await this.#until(() => this.#told.values.length === proposed.length)
  }

  async snapshot(): Promise<void> {
    const { values, end } = this.#told
    await this.#driver.createSnapshot({ ...end, records: values.map((value) => Buffer.from(value)) })
  }

  /** Keeps the newest snapshot, and the log behind it. */
  async cleanUp(): Promise<void> {
    await this.#driver.cleanUp({ retentionBytes: 0, retentionMs: -1, nowMs: this.#env.clock.now() })
  }

  stop(): Promise<void> {
    return this.#driver.stop()
  }
}
