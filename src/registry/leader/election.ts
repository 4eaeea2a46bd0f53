/**
 * Instances of one cluster agree on who of them leads: each is a member of a Kafka group, as with Confluent's registries, and whichever
 * member leads the group tells all whom it has chosen (`choice.ts`).
 *
 *   unknown      not in the group yet, or another generation is about to begin: nobody here decides on anything
 *   leads        until the next generation, while the group surely has this member (`Term.sureMs`)
 *   follows      somebody else leads
 *   leaderless   nobody does, and that does not pass by itself
 *
 * Before another generation begins, a leader ends what it is writing: the group waits for it. One that the group takes for dead has been
 * none, by its own clock, for at least as long.
 */
import type { Clock, Logger, Timer } from '../../base/index.ts'
import type { CustomMember, Kafka } from '../../client/index.ts'
import { chosen, decodeChoice, encodeChoice } from './choice.ts'
import { encodeIdentity, type Identity, identityVersion, urlOf } from './identity.ts'
import type { Leadership, Place, Term } from './leadership.ts'

export interface ElectionOptions {
  readonly kafka: Kafka
  readonly clock: Clock
  readonly logger: Logger
  /** `schema.registry.group.id`. */
  readonly groupId: string
  /** `kafkagroup.session.timeout.ms`. */
  readonly sessionTimeoutMs: number
  /** `kafkagroup.heartbeat.interval.ms`. */
  readonly heartbeatIntervalMs: number
  /** Resolves when nothing is being written any more that was begun while this instance led. */
  readonly written: () => Promise<void>
}

type OwnIdentity = Omit<Identity, 'isLeader' | 'version'>

const protocolType = 'sr'
const protocolName = 'v0'
/** Behind what does not pass by itself, such as a group that may not be joined: somebody may see to it. */
const againMs = 5000
/** For what is being written to end, and for the group to be told, where its broker does not answer. */
const leavingMsMax = 3000

class HeldTerm implements Term {
  readonly #member: CustomMember
  #isOver = false

  constructor(member: CustomMember) {
    this.#member = member
  }

  get sureMs(): number {
    return this.#isOver ? 0 : this.#member.sureMs
  }

  end(): void {
    this.#isOver = true
  }
}

export class Election implements Leadership {
  readonly #options: ElectionOptions
  readonly #member: CustomMember
  #identity: OwnIdentity | undefined
  #wasLeader = false
  #place: Place = { kind: 'unknown' }
  #term: HeldTerm | undefined
  readonly #waiting = new Set<() => void>()
  #again: Timer | undefined

  constructor(options: ElectionOptions) {
    this.#options = options
    const { kafka, groupId, sessionTimeoutMs, heartbeatIntervalMs } = options
    this.#member = kafka.customMember({
      ...{ groupId, protocolType, sessionTimeoutMs, heartbeatIntervalMs },
      protocols: () => [{ name: protocolName, metadata: this.#told() }],
      assign: ({ members }) => {
        const choice = encodeChoice(chosen(members))
        return new Map(members.map(({ memberId }) => [memberId, choice]))
      },
      onAssigned: ({ memberId, assignment }) => this.#elected(memberId, assignment),
      onRevoked: () => this.#giveUp(),
      onLost: () => this.#lost(),
      onFailed: (error) => this.#failed(error),
    })
  }

  /** Undefined as soon as another generation is about to begin; what is being written then is written in the term that it began in. */
  get term(): Term | undefined {
    return this.#place.kind === 'leads' ? this.#term : undefined
  }

  /** As whom the others reach it is known. It joins the group. */
  begin(identity: OwnIdentity): void {
    this.#identity = identity
    this.#member.begin()
  }

  #told(): Buffer {
    if (this.#identity === undefined) throw new Error('who begins says who it is')
    return encodeIdentity({ ...this.#identity, version: identityVersion, isLeader: this.#wasLeader })
  }

  /** Waits for the end of an election, but no longer than so many milliseconds: then it is unknown. */
  async place(withinMs: number): Promise<Place> {
    let isLate = false
    const timer = this.#options.clock.after(withinMs, () => {
      isLate = true
      this.#tell()
    })
    while (this.#place.kind === 'unknown' && !isLate) await new Promise<void>((resolve) => this.#waiting.add(resolve))
    timer.cancel()
    return this.#place
  }

  #tell(): void {
    for (const tell of this.#waiting) tell()
    this.#waiting.clear()
  }

  #elected(memberId: string, assignment: Uint8Array): void {
    const { logger, groupId: group } = this.#options
    const choice = decodeChoice(assignment)
    this.#term = undefined
    if (choice.kind === 'leader' && choice.memberId === memberId) {
      this.#term = new HeldTerm(this.#member)
      this.#place = { kind: 'leads' }
      logger.log('info', 'this instance leads', { group })
    } else if (choice.kind === 'leader') {
      this.#place = { kind: 'follows', url: urlOf(choice.identity) }
      logger.log('info', 'another instance leads', { group, url: this.#place.url })
    } else {
      const reason = reasons[choice.kind]
      this.#place = { kind: 'leaderless', reason }
      logger.log(choice.kind === 'nobody' ? 'warn' : 'error', 'nothing can be written', { group, reason })
    }
    this.#wasLeader = this.#term !== undefined
    this.#tell()
  }

  async #giveUp(): Promise<void> {
    this.#place = { kind: 'unknown' }
    await this.#options.written()
    this.#term?.end()
  }

  #lost(): void {
    this.#place = { kind: 'unknown' }
    this.#term?.end()
    this.#wasLeader = false
  }

  #failed(error: unknown): void {
    const { clock, logger, groupId: group } = this.#options
    this.#lost()
    const reason = error instanceof Error ? error.message : String(error)
    logger.log('error', 'no leader can be elected', { group, reason })
    this.#place = { kind: 'leaderless', reason }
    this.#tell()
    this.#again = clock.after(againMs, () => this.#member.begin())
  }

  async #inTime(work: Promise<void>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(leavingMsMax, resolve)
    await Promise.race([work, late])
    timer.cancel()
  }

  /** The others elect another leader, if it was this one. */
  async close(): Promise<void> {
    this.#again?.cancel()
    await this.#inTime(this.#giveUp())
    // What could not be ended in time is told to have failed.
    this.#term?.end()
    this.#place = { kind: 'leaderless', reason: 'the registry is closed' }
    this.#tell()
    const { logger, groupId: group } = this.#options
    await this.#member.close({ timeoutMs: leavingMsMax }).catch((error: unknown) => {
      logger.log('warn', 'the group was not told that this instance leaves', { group, reason: String(error) })
    })
  }
}

const reasons = {
  nobody: 'no instance of the cluster may lead (leader.eligibility)',
  'duplicate-urls':
    'several instances say that they have the same URL: each needs an advertised host and port of its own',
  unclear: 'what the leader of the group has told is not understood',
} as const
