/** A driver over a disk in memory, and all that it told. */
import assert from 'node:assert/strict'
import { type Clock, type Disk, type Logger, zeroUuid } from '../../base/index.ts'
import { createEnv } from '../../env/index.ts'
import { type CommittedBatch, type DriverOptions, type SnapshotRead, RaftDriver, VoterSet } from '../index.ts'

export const directory = '/data'
export const metadataDirectory = `${directory}/__cluster_metadata-0`

export interface Running {
  readonly driver: RaftDriver
  readonly snapshots: SnapshotRead[]
  readonly committed: CommittedBatch[]
  /** Of each call. */
  readonly calls: number[]
  readonly faults: unknown[]
  /** Texts of warnings. */
  readonly warnings: string[]
  until(done: () => boolean): Promise<void>
}

/** A quorum of one. */
export const soleVoter = (id: number): DriverOptions['quorum'] => ({
  self: { id, directoryId: zeroUuid },
  listener: 'CONTROLLER',
  endpoints: [],
  voters: new VoterSet([{ id, directoryId: zeroUuid, endpoints: [] }]),
  bootstrap: [],
  times: {
    electionTimeoutMs: 1000,
    electionBackoffMaxMs: 1000,
    fetchTimeoutMs: 2000,
    requestTimeoutMs: 2000,
    retryBackoffMs: 20,
    fetchMaxWaitMs: 500,
  },
  fetchBytesMax: 1024 * 1024,
  fetchSnapshotBytesMax: 1024 * 1024,
  below: () => 0,
})

export async function start(
  disk: Disk,
  options: Partial<DriverOptions> & { readonly clock?: Clock } = {},
): Promise<Running> {
  const { clock } = createEnv({ disk: 'memory', write: () => undefined })
  const told = { snapshots: [], committed: [], calls: [], faults: [], warnings: [] } satisfies Partial<Running>
  const { snapshots, committed, calls, faults, warnings }: Omit<Running, 'driver' | 'until'> = told
  const logger: Logger = {
    child: () => logger,
    log: (level, message) => void (level === 'warn' && warnings.push(message)),
  }
  const driver = await RaftDriver.start({
    metadataLogDirectory: directory,
    quorum: soleVoter(1),
    send: ({ to }) => assert.fail(`a sole voter asks nobody, not ${to.id}`),
    disk,
    clock,
    logger,
    onSnapshot: (snapshot) => void snapshots.push(snapshot),
    onCommitted: (batches) => {
      calls.push(batches.length)
      committed.push(...batches)
    },
    onCaughtUp: () => undefined,
    onRole: () => undefined,
    onFault: (error) => void faults.push(error),
    ...options,
  })
  const until = async (done: () => boolean): Promise<void> => {
    for (let i = 0; !done() && i < 1000; i++) await new Promise((resolve) => setImmediate(resolve))
    assert.ok(done(), 'it happens within a thousand turns')
  }
  return { driver, snapshots, committed, calls, faults, warnings, until }
}

export const textsOf = (batches: readonly { readonly records: readonly Uint8Array[] }[]): string[] =>
  batches.flatMap(({ records }) => records.map((record) => Buffer.from(record).toString()))
