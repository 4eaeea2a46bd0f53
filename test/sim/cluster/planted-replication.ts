/** Bugs of replication that are planted on purpose, to see that the simulation finds them. Patches of the product, in tests only. */
import { LeaderEpochCache } from '../../../src/log/leader-epoch-cache.ts'
import { Leadership } from '../../../src/replication/leadership.ts'
import { Partition } from '../../../src/replication/partition.ts'

/** Each plants its bug, and gives back what takes it out again. */
export const plantedReplicationBugs: Readonly<Record<string, () => () => void>> = {
  /** Who begins to follow cuts its log at what it knows to be committed, which may be less than what is (KIP-101). */
  'cuts at the high watermark': () => {
    const { become } = Partition.prototype
    Partition.prototype.become = function (state) {
      if (state.leaderEpoch > this.leaderEpoch) void this.log.truncateTo(this.log.highWatermark).catch(() => undefined)
      become.call(this, state)
    }
    return () => {
      Partition.prototype.become = become
    }
  },
  /** What any one replica has is taken for committed. */
  'high watermark of anybody': () => {
    const { replicatedOffset } = Leadership.prototype
    Leadership.prototype.replicatedOffset = function ({ logEndOffset }) {
      const most = Math.max(...[...this.followers.values()].map((it) => it.logEndOffset))
      return Math.min(logEndOffset, most)
    }
    return () => {
      Leadership.prototype.replicatedOffset = replicatedOffset
    }
  },
  /** What the leader has is acknowledged, before the others have it. */
  'acknowledges too early': () => {
    const { isReplicated } = Partition.prototype
    Partition.prototype.isReplicated = () => true
    return () => {
      Partition.prototype.isReplicated = isReplicated
    }
  },
  /** A leader that nobody hears drops the others from the replicas in sync, and goes on without them. */
  'shrinks by itself': () => {
    const { proposeToShrink } = Leadership.prototype
    Leadership.prototype.proposeToShrink = function (view) {
      const proposal = proposeToShrink.call(this, view)
      if (proposal === undefined) return undefined
      const isr = proposal.isr.map(({ brokerId }) => brokerId)
      this.accepted(proposal, { leaderEpoch: this.leaderEpoch, partitionEpoch: this.partitionEpoch, isr })
      return proposal
    }
    return () => {
      Leadership.prototype.proposeToShrink = proposeToShrink
    }
  },
  /** A follower is taken for in sync that has not caught up. */
  'takes in too early': () => {
    const { fetched } = Leadership.prototype
    Leadership.prototype.fetched = function (brokerId, fetch, view) {
      fetched.call(this, brokerId, { ...fetch, fetchOffset: Math.max(fetch.fetchOffset, view.highWatermark) }, view)
    }
    return () => {
      Leadership.prototype.fetched = fetched
    }
  },
  /**
   * Of the starts of epochs a process writes the first one alone. (Where none is ever written nothing goes wrong: each start then
   * learns them from all the batches, and an epoch without a batch is known to its leader only.)
   */
  'forgets epochs': () => {
    const { version } = Object.getOwnPropertyDescriptors(LeaderEpochCache.prototype)
    Object.defineProperty(LeaderEpochCache.prototype, 'version', {
      ...version,
      get(this: LeaderEpochCache) {
        return Math.min(1, version.get?.call(this) ?? 0)
      },
    })
    return () => {
      Object.defineProperty(LeaderEpochCache.prototype, 'version', version)
    }
  },
  /** Who has led acknowledges what it appended then, though another one leads, or has led since. */
  'acknowledges in an old epoch': () => {
    const { term } = Object.getOwnPropertyDescriptors(Partition.prototype)
    const anyTerm = {}
    Object.defineProperty(Partition.prototype, 'term', { ...term, get: () => anyTerm })
    return () => {
      Object.defineProperty(Partition.prototype, 'term', term)
    }
  },
}
