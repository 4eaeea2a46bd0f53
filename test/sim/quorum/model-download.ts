/** The pieces of a snapshot that a node of the model fetches: each takes the disk its time, and some are damaged. */
import assert from 'node:assert/strict'
import type { Raft, Ready } from '../../../src/raft/index.ts'
import type { Node } from './model-node.ts'
import { type ModelSnapshot, snapshotFrom } from './model-snapshot.ts'
import { recordsIn } from './quorum-text.ts'

export interface ModelDisk {
  readonly nowMs: number
  /** Runs `then` when the disk has had its time, and the process is still there. */
  whenWritten(node: Node, then: () => void): void
  isDamaged(): boolean
}

export class ModelDownload {
  #attempt = 0
  #bytes = Buffer.alloc(0)
  /** Waits to take the place of the log. */
  whole: ModelSnapshot | undefined

  take(steps: Ready['snapshotSteps'], { node, raft, disk }: { node: Node; raft: Raft; disk: ModelDisk }): void {
    for (const step of steps) {
      if (step.kind === 'drop') continue
      disk.whenWritten(node, () => {
        const { attempt, position, bytes, isLast } = step
        if (position === 0) {
          this.#attempt = attempt
          this.#bytes = Buffer.alloc(0)
        }
        if (attempt !== this.#attempt) return
        assert.equal(position, this.#bytes.length, 'pieces of a snapshot follow each other')
        this.#bytes = Buffer.concat([this.#bytes, disk.isDamaged() ? Buffer.alloc(bytes.length) : bytes])
        if (!isLast) raft.snapshotWritten(attempt, disk.nowMs)
        else this.#end({ attempt, raft, nowMs: disk.nowMs })
      })
    }
  }

  #end({ attempt, raft, nowMs }: { attempt: number; raft: Raft; nowMs: number }): void {
    const snapshot = snapshotFrom(this.#bytes)
    if (snapshot === undefined) raft.snapshotFailed(attempt, nowMs)
    else if (raft.snapshotWhole(attempt, recordsIn(snapshot.quorum), nowMs)) this.whole = snapshot
  }
}
