/**
 * What an append would do, decided before anything is written: offsets and epoch patched in, producers checked,
 * duplicates found. Pure but for the bytes that it patches. On the produce path.
 */
import { ApiError, viewOf } from '../base/index.ts'
import { batchHeader as header } from '../records/index.ts'
import { type BatchInfo, isBatchHeader, readBatchInfo } from './batch-info.ts'
import { type AppendOptions, type AppendResult, corruptMessage, invalidRecord, type Prepared } from './log-types.ts'
import { type CompletedTransaction, decideBatch, type ProducerEntry } from './producer-state.ts'
import { isStoredCrcValid, isStoredHeader } from './stored-header.ts'

/** The log as the append finds it. */
export interface AppendBase {
  /** Where the next batch goes, behind appends that are pending. */
  readonly nextOffset: number
  readonly logStartOffset: number
  /** What is known of a producer, pending appends included. */
  readonly producer: (producerId: number) => ProducerEntry | undefined
}

/** Throws ApiError: 2, 45, 47, 48, 52, 87. */
export function prepareAppend(bytes: Uint8Array, options: AppendOptions, base: AppendBase): Prepared {
  const view = viewOf(bytes)
  let batches: BatchInfo[] = []
  let entries: (ProducerEntry | undefined)[] = []
  let completed: (CompletedTransaction | undefined)[] = []
  // Of batches before in the same bytes: one batch, the common case, needs none.
  let drafted: Map<number, ProducerEntry> | undefined
  let position = 0
  let next = base.nextOffset
  while (position < bytes.length) {
    const size = wholeBatchSize(view, position, options.kind)
    if (size === 0 && options.kind === 'follower') break
    if (size === 0) throw new ApiError(corruptMessage, 'the bytes do not end with a whole batch')
    if (options.kind === 'leader') {
      header.patchBaseOffset(view, position, next)
      header.patchLeaderEpoch(view, position, options.leaderEpoch)
    } else if (!isStoredCrcValid(bytes, view, position)) {
      throw new ApiError(corruptMessage, `a replicated batch behind offset ${next} has a wrong checksum`)
    }
    const info = readBatchInfo(view, position)
    if (options.kind === 'follower' && isOfLaterLeader(info, options)) break
    if (info.baseOffset < next) {
      throw new ApiError(invalidRecord, `a batch starts at offset ${info.baseOffset}, the log ends at ${next}`)
    }
    const { producerId } = info
    const known = producerId < 0 ? undefined : (drafted?.get(producerId) ?? base.producer(producerId))
    const decision = decide(info, options, known)
    if (decision?.kind === 'duplicate') return duplicate(decision.batch, base.logStartOffset)
    if (decision !== undefined && position + size < bytes.length) {
      drafted ??= new Map()
      drafted.set(producerId, decision.entry)
    }
    if (position === 0) {
      // With room for one, which is nearly always all: `push` makes room for seventeen.
      batches = [info]
      entries = [decision?.entry]
      completed = [decision?.completed]
    } else {
      batches.push(info)
      entries.push(decision?.entry)
      completed.push(decision?.completed)
    }
    next = info.lastOffset + 1
    position += size
  }
  const result: AppendResult = {
    kind: 'appended',
    baseOffset: batches[0]?.baseOffset ?? next,
    lastOffset: next - 1,
    logAppendTimeMs: options.kind === 'leader' ? (options.logAppendTimeMs ?? -1) : -1,
    logStartOffset: base.logStartOffset,
  }
  return {
    bytes: position === bytes.length ? bytes : bytes.subarray(0, position),
    batches,
    entries,
    completed,
    result,
  }
}

const isOfLaterLeader = (info: BatchInfo, { leaderEpoch }: { readonly leaderEpoch?: number }): boolean =>
  leaderEpoch !== undefined && info.leaderEpoch > leaderEpoch

function decide(info: BatchInfo, options: AppendOptions, known: ProducerEntry | undefined) {
  if (info.producerId < 0) return undefined
  return decideBatch(known, info, options.kind === 'leader' ? options.origin : 'replication')
}

interface FirstTime {
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestamp: number
}

function duplicate({ lastOffset, offsetDelta, timestamp }: FirstTime, logStartOffset: number): Prepared {
  const result: AppendResult = {
    kind: 'duplicate',
    baseOffset: lastOffset - offsetDelta,
    lastOffset,
    logAppendTimeMs: timestamp,
    logStartOffset,
  }
  return { bytes: new Uint8Array(0), batches: [], entries: [], completed: [], result }
}

/** 0 where no whole batch lies at `position`. Messages of older formats come from a leader that has them; nothing writes them any more. */
function wholeBatchSize(view: DataView, position: number, kind: AppendOptions['kind']): number {
  const left = view.byteLength - position
  if (!isStoredHeader(view, position, view.byteLength)) return 0
  if (kind === 'leader' && !isBatchHeader(view, position)) return 0
  const size = header.sizeInBytes(view, position)
  return size <= left ? size : 0
}
