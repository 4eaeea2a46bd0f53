/** A node of the model: its log outlives its processes. */
import { uuidFromLatin1 } from '../../../src/base/index.ts'
import type { Raft, ReplicaKey } from '../../../src/raft/index.ts'
import { ModelDownload } from './model-download.ts'
import { ModelLog } from './model-log.ts'

export class Node {
  readonly key: ReplicaKey
  log = new ModelLog()
  /** Counts its disks. */
  disk = 0
  download = new ModelDownload()
  raft: Raft | undefined
  /** Counts its processes: what an earlier one began ends with it. */
  life = 0
  isBusy = false
  wakeAtMs = Number.POSITIVE_INFINITY
  highWatermark = 0

  constructor(id: number) {
    this.key = { id, directoryId: uuidFromLatin1(`directory-${id}`.padEnd(16, '.')) }
  }

  get id(): number {
    return this.key.id
  }
}
