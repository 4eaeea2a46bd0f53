/** A node of the model: its log outlives its processes. */
import { uuidFromLatin1 } from '../../../src/base/index.ts'
import { type Endpoint, type Raft, type ReplicaKey, VoterSet } from '../../../src/raft/index.ts'
import type { LoggedRecord } from '../../../src/raft/quorum-records.ts'
import { ModelDownload } from './model-download.ts'
import { ModelLog } from './model-log.ts'

export class Node {
  readonly id: number
  key: ReplicaKey
  log = new ModelLog()
  download = new ModelDownload()
  /** Its directory was made with these: by the configuration, or in the snapshot of offset 0. */
  configured = new VoterSet([])
  bootstrap: readonly LoggedRecord[] = []
  raft: Raft | undefined
  /** Counts its processes: what an earlier one began ends with it. */
  life = 0
  /** It moves to another one, where who knows the old one does not find it. */
  port = 1
  isBusy = false
  wakeAtMs = Number.POSITIVE_INFINITY
  highWatermark = 0
  /** That it has lost. */
  disks = 0

  constructor(id: number) {
    this.id = id
    this.key = this.#newKey()
  }

  #newKey(): ReplicaKey {
    const name = `dir ${this.id} ${this.disks}`
    return { id: this.id, directoryId: uuidFromLatin1(name.padEnd(16, '.')) }
  }

  get endpoint(): Endpoint {
    return { name: 'CONTROLLER', host: `node-${this.id}`, port: this.port }
  }

  /** What it knows of the quorum when it starts. */
  get logged(): readonly LoggedRecord[] {
    return [...(this.log.startOffset === 0 ? this.bootstrap : []), ...this.log.logged]
  }

  /** All is gone; the new disk is formatted for nobody's quorum. */
  loseDisk({ keepsDirectoryId = false } = {}): void {
    this.disks++
    this.log = new ModelLog()
    if (!keepsDirectoryId) {
      this.key = this.#newKey()
      this.bootstrap = []
    }
    this.configured = new VoterSet([])
  }
}
