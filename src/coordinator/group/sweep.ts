/**
 * Long work of a shard: the steps of a generator, in slices with turns of the loop between them. A record that a step
 * yields is appended at once, so that what it was decided on is still so, and by itself: all together might be larger
 * than a batch may be. A slice begins when what the one before has decided is committed, and nothing piles up.
 */
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import type { GroupRecord } from './group-record.ts'

/** The step has appended by itself. */
export const appended = 'appended'

export type SweepStep = GroupRecord | typeof appended | undefined

/** Each `yield` is a step, with a record or without; it returns whether a new slice has begun, and others had their turn. */
export type SweepSteps = Generator<SweepStep, void, boolean>

export interface Sweep {
  readonly context: ShardContext<GroupRecord>
  readonly steps: SweepSteps
  /** A record of a step is committed, be it later than `done`. */
  stored?(): void
  /** The code is not NONE where a record was not committed, which ends it early. */
  done(code: number): void
}

/** About a millisecond: a step that looks costs a fraction of one that appends. */
const sliceCost = 2000
const appendCost = 10

export function sweep({ context, steps, stored, done }: Sweep): void {
  const settled = (code: number): void => {
    if (code === ErrorCode.NONE) stored?.()
  }
  let failedCode: number = ErrorCode.NONE
  const failed = (code: number): void => {
    failedCode = code
  }
  const slice = (): void => {
    let step = steps.next(true)
    for (let cost = 0; ; step = steps.next(false)) {
      if (step.done === true) break
      if (step.value !== undefined && step.value !== appended)
        context.append({ records: [step.value], committed: () => undefined, failed, settled })
      cost += step.value === undefined ? 1 : appendCost
      if (cost >= sliceCost) break
    }
    const isDone = step.done === true
    const next = (): void => {
      if (isDone || failedCode !== ErrorCode.NONE) done(failedCode)
      else context.later(slice, () => done(ErrorCode.NOT_COORDINATOR))
    }
    context.append({
      records: [],
      committed: next,
      failed: (code) => {
        failed(code)
        next()
      },
    })
  }
  slice()
}
