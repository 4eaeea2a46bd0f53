/**
 * Whoever looks after the controllers of a dynamic quorum: voters are removed and added (KIP-853), and one that has no vote
 * any more may come back with an empty disk. A quorum that is none yet is made one first.
 */
import type { Uuid } from '../../../src/base/index.ts'
import { addRaftVoter, ErrorCode, removeRaftVoter, updateFeatures } from '../../../src/protocol/index.ts'
import type { SeededStream } from '../../../src/sim/index.ts'
import { CallingClient } from './calling-client.ts'
import { type ClusterNode, controllerPort } from './cluster-node.ts'
import type { ClusterWorld } from './cluster-world.ts'

/** Mean time between two changes, and how long one may take. */
const thinkMs = 8000
const timeoutMs = 10_000

export class Operator {
  readonly counts = { quorumsRaised: 0, votersAdded: 0, votersRemoved: 0, disksReplaced: 0 }
  readonly #cluster: ClusterWorld
  readonly #client: CallingClient
  readonly #draw: SeededStream
  /** Nodes that may be made voters at any time. */
  readonly #asked = new Set<number>()

  constructor(cluster: ClusterWorld) {
    this.#cluster = cluster
    this.#draw = cluster.world.random.stream('operator')
    this.#client = new CallingClient(cluster, this.#draw)
  }

  async run(isOver: () => boolean): Promise<void> {
    await this.#client.keepChanging({ thinkMs, isOver }, () => this.#change())
  }

  async #change(): Promise<void> {
    if (this.#isStatic) await this.#raise()
    else await (this.#draw.below(2) === 0 ? this.#add() : this.#remove())
  }

  get #isStatic(): boolean {
    return this.#cluster.options.becomesDynamic && this.#cluster.leader?.node?.quorum.kraftVersion !== 1
  }

  async #raise(): Promise<void> {
    const featureUpdates = [{ feature: 'kraft.version', maxVersionLevel: 1, upgradeType: 1 }]
    const { errorCode } = await this.#client.call(updateFeatures, { featureUpdates })
    if (errorCode === ErrorCode.NONE) this.counts.quorumsRaised++
  }

  /** One of those that the leader hears of, and that have no vote. */
  async #add(): Promise<void> {
    const { leader, controllers } = this.#cluster
    const view = leader?.node?.quorum.view
    if (view === undefined) return
    const candidates = controllers.flatMap((node) => {
      const { id, directoryId } = node
      if (directoryId === undefined || view.voters.isVoter({ id, directoryId })) return []
      // A directory that is gone may still be known to the leader.
      const isHeard = view.replicas.some((it) => it.replicaId === id && it.replicaDirectoryId === directoryId)
      return isHeard ? [{ node, directoryId }] : []
    })
    const chosen = candidates[this.#draw.below(Math.max(1, candidates.length))]
    if (chosen !== undefined) await this.#addOne(chosen.node, chosen.directoryId)
  }

  async #addOne(node: ClusterNode, directoryId: Uuid): Promise<void> {
    // As long as nobody knows whether it is asked for still.
    this.#asked.add(node.id)
    const { errorCode } = await this.#client.call(addRaftVoter, {
      clusterId: null,
      timeoutMs,
      voterId: node.id,
      voterDirectoryId: directoryId,
      listeners: [{ name: 'CONTROLLER', host: node.name, port: controllerPort }],
    })
    if (errorCode !== ErrorCode.NONE) return
    this.#asked.delete(node.id)
    this.counts.votersAdded++
  }

  async #remove(): Promise<void> {
    const voters = this.#cluster.leader?.node?.quorum.view.voters
    if (voters === undefined || voters.size < 2) return
    const voter = voters.all()[this.#draw.below(voters.size)]
    if (voter === undefined) return
    const { id: voterId, directoryId: voterDirectoryId } = voter
    const { errorCode } = await this.#client.call(removeRaftVoter, { clusterId: null, voterId, voterDirectoryId })
    if (errorCode !== ErrorCode.NONE) return
    this.counts.votersRemoved++
    const node = this.#cluster.controllers.find(({ id }) => id === voterId)
    if (node !== undefined && this.#draw.below(3) === 0) this.#replaceDisk(node)
  }

  /**
   * Its old directory has no vote, which is committed. A broker would lose what it has, too; and with an empty disk a voter of
   * the configuration takes it for the quorum.
   */
  #replaceDisk(node: ClusterNode): void {
    const { joinsItself, isDynamic } = this.#cluster.options
    if (node.isBroker || joinsItself || !isDynamic || this.#asked.has(node.id)) return
    node.loseDisk()
    this.counts.disksReplaced++
  }
}
