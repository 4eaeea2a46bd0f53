/** In whose name a member commits, from the joining to the end of a membership: behind that nothing is committed in it any more. */
import type { MemberName } from './committed-offsets.ts'

/** What is committed in the name of a membership that is over is refused. */
const overEpoch = -1

export class MemberEpoch implements MemberName {
  readonly memberId: string
  readonly groupInstanceId: string | null
  #epoch: number
  /** The coordinator may say another one without being asked by whoever waits for it. */
  #mayMove = true
  #waiting: ((isAnother: boolean) => void)[] = []

  constructor(member: MemberName) {
    this.memberId = member.memberId
    this.groupInstanceId = member.groupInstanceId
    this.#epoch = member.epoch
  }

  get epoch(): number {
    return this.#epoch
  }

  get isOver(): boolean {
    return this.#epoch === overEpoch
  }

  /** As the coordinator says. */
  reach(epoch: number): void {
    if (this.isOver || epoch === this.#epoch) return
    this.#epoch = epoch
    this.#tell(true)
  }

  end(): void {
    this.#epoch = overEpoch
    this.#tell(false)
  }

  /** From now on another epoch is waited for, or is not. */
  move(mayMove: boolean): void {
    this.#mayMove = mayMove
    if (!mayMove) this.#tell(false)
  }

  epochBehind(epoch: number): Promise<boolean> {
    if (this.isOver) return Promise.resolve(false)
    if (this.#epoch !== epoch) return Promise.resolve(true)
    if (!this.#mayMove) return Promise.resolve(false)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #tell(isAnother: boolean): void {
    for (const resolve of this.#waiting.splice(0)) resolve(isAnother)
  }
}
