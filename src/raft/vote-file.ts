/**
 * The vote file of this node in the directory of the metadata log: read at the start, replaced before anything of a new
 * epoch counts.
 */
import type { Disk, Logger } from '../base/index.ts'
import { readWholeFile, replaceFile } from '../log/index.ts'
import { decodeQuorumState, encodeQuorumState, QuorumStateError, type QuorumStateFile } from './quorum-state.ts'
import type { ElectionState } from './ready.ts'
import type { VoterHistory } from './voter-history.ts'

const bytesMax = 1024 * 1024

export class VoteFile {
  /** As it was found. */
  readonly election: ElectionState
  readonly #disk: Disk
  readonly #path: string
  /** A file that knows directories never forgets them, also where the record that made the quorum dynamic was cut. */
  #isDynamic: boolean

  private constructor(disk: Disk, path: string, { election, form }: Pick<QuorumStateFile, 'election' | 'form'>) {
    this.#disk = disk
    this.#path = path
    this.election = election
    this.#isDynamic = form.kind === 'dynamic'
  }

  /** Throws DiskError and QuorumStateError. */
  static async open(disk: Disk, directory: string): Promise<VoteFile> {
    const path = `${directory}/quorum-state`
    const bytes = await readWholeFile(disk, path, bytesMax)
    const none: QuorumStateFile = { election: noElection, form: { kind: 'static', voters: [] } }
    return new VoteFile(disk, path, bytes === undefined ? none : decodeQuorumState(bytes.toString('utf8'), path))
  }

  /** Durable on return. In the form of kraft.version, as the log has it now. */
  async persist(election: ElectionState, quorum: Pick<VoterHistory, 'kraftVersion' | 'voters'>): Promise<void> {
    const { kraftVersion, voters } = quorum
    this.#isDynamic ||= kraftVersion > 0
    const form = this.#isDynamic ? ({ kind: 'dynamic' } as const) : ({ kind: 'static', voters: voters.ids() } as const)
    const text = encodeQuorumState({ election, form })
    await replaceFile(this.#disk, this.#path, Buffer.from(text))
  }
}

const noElection: ElectionState = { epoch: 0, leaderId: -1, voted: undefined }

interface KnownEpochs {
  readonly election: ElectionState
  /** In the metadata log. */
  readonly lastEpoch: number
  readonly directory: string
  readonly forceRecover: boolean
  readonly logger: Logger
}

/** A vote is durable before anything of its epoch is written. Throws QuorumStateError. */
export function checkEpoch({ election, lastEpoch, directory, forceRecover, logger }: KnownEpochs): void {
  if (election.epoch >= lastEpoch) return
  const what =
    `${directory}/quorum-state is missing or old: it knows epoch ${election.epoch}, and the metadata has epoch ${lastEpoch}. ` +
    'Whom this node has voted for since then is lost'
  if (!forceRecover) {
    throw new QuorumStateError(
      `${what}: it may vote twice in one epoch. Restore the file, or, if no other voter has elected a leader meanwhile, start ` +
        'once with `odradek start --force-recover`',
    )
  }
  logger.log('error', `${what}; it goes on in a later epoch, as it was told to`)
}
