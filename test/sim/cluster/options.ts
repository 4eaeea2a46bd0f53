/** What a seed says of a cluster: its nodes, their time-outs and sizes, and which faults are on (a swarm: not all of them). */
import type { RandomStream } from '../../../src/base/index.ts'

export const faultKinds = [
  'kill',
  'power',
  'in-operation',
  'stop',
  'pause',
  'cut',
  'one-way',
  'alone',
  'slow-link',
  'stall',
  'slow-disk',
  'skew',
  'succession',
  'full-disk',
] as const

export type FaultKind = (typeof faultKinds)[number]

export interface ClusterOptions {
  readonly seed: number
  /** Voters of the quorum. */
  readonly controllers: number
  /** How many of them are brokers too: the first ones. */
  readonly combined: number
  /** Brokers alone. */
  readonly brokers: number
  /** Voters are named by the metadata log, and come and go (KIP-853); else by the configuration. */
  readonly isDynamic: boolean
  /** Voters of the configuration, until an operator raises kraft.version: then they come and go too. */
  readonly becomesDynamic: boolean
  /** Of a dynamic quorum: how many controllers, the last ones, are no voters in the beginning. */
  readonly spares: number
  /** Controllers that are no voters join by themselves (KIP-1186). */
  readonly joinsItself: boolean
  readonly electionTimeoutMs: number
  readonly fetchTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly sessionTimeoutMs: number
  /**
   * Of the metadata log between snapshots. Not so few that a snapshot is gone before a slow follower has all its pieces: with
   * 500 bytes, pieces of 200 and a slow network one never caught up, nor would it with Kafka.
   */
  readonly snapshotBytes: number
  /** Of metadata log and snapshots that are kept. */
  readonly retentionBytes: number
  readonly segmentBytes: number
  /** From when on a record is in a snapshot, by the wall clock. */
  readonly snapshotMs: number
  /** The metadata log moves at least so often. */
  readonly noOpMs: number
  /** Of one answer to a fetch of the log, and of a snapshot. */
  readonly fetchBytes: number
  readonly fetchSnapshotBytes: number
  /** Of a delivery in the network; and the part of deliveries that are cut in two. */
  readonly delayMsMean: number
  readonly splitRate: number
  /** Mean time between two faults. */
  readonly faultMs: number
  readonly faults: readonly FaultKind[]
  /** Mean pause of a client between two requests. */
  readonly thinkMs: number
  readonly clients: number
  /** A follower that has not caught up for so long leaves the replicas in sync. */
  readonly lagMs: number
  /** Of one answer to a follower, which has one batch at least: with few, one that comes back is behind for long. */
  readonly replicaFetchBytes: number
  /** `min.insync.replicas` of the replicated topics, where it leaves one replica that may be missing. */
  readonly minIsrMax: number
  /** Of the replicated topics: what lies in former segments a start does not read again. */
  readonly recordSegmentBytes: number
  /** Of the clocks, either way, in the beginning. */
  readonly clockSkewMs: number
  /**
   * The one broker that may end but under control, and lose its power. What it has not synced is lost then, and the others have all
   * that was acknowledged. (If they ended too, the controller could not know who has it: whoever led last would lead, as in Kafka.)
   * Undefined: all may lose their power, at once too, and each record is synced before it is acknowledged.
   */
  readonly weakBroker: number | undefined
}

/** Nobody knows what becomes of a request that has taken longer: it may have been sent twice (`controller.socket.timeout.ms`). */
export const socketTimeoutMs = 10_000

function one<T>(chance: RandomStream, values: readonly [T, ...T[]]): T {
  return values[chance.below(values.length)] ?? values[0]
}

export function drawnOptions(seed: number, chance: RandomStream): ClusterOptions {
  const controllers = one(chance, [1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 6, 7])
  const wanted = one(chance, [1, 2, 3, 3, 3, 3, 3, 3, 4, 5])
  const apart = Math.max(0, wanted - one(chance, [0, 0, 1, controllers]))
  // Seven nodes at most; most clusters have three brokers, whatever else they are.
  const brokers = Math.min(apart, 7 - controllers)
  const combined = wanted - brokers
  const delayMsMean = one(chance, [0.3, 0.3, 3, 20])
  const base = one(chance, [250, 500, 1000])
  const isDynamic = chance.below(2) === 0
  const spares = isDynamic && controllers > 2 ? chance.below(controllers - 1) : 0
  const faults = faultKinds.filter(() => chance.below(10) < 6)
  const weakest = one(chance, [undefined, combined > 0 ? 1 : 101])
  // What one of two replicas has alone is lost with it.
  const weakBroker = wanted >= 3 ? weakest : undefined
  return {
    seed,
    controllers,
    combined,
    brokers,
    isDynamic,
    spares,
    joinsItself: isDynamic && chance.below(2) === 0,
    electionTimeoutMs: base,
    // A leader holds a fetch back for half a second.
    fetchTimeoutMs: Math.max(1000, 2 * base),
    requestTimeoutMs: one(chance, [1000, 2000]),
    sessionTimeoutMs: one(chance, [3000, 9000]),
    snapshotBytes: one(chance, [2000, 8000, 8000, 20_971_520]),
    retentionBytes: one(chance, [1, 1, 4000, 104_857_600]),
    snapshotMs: one(chance, [5000, 3_600_000]),
    noOpMs: one(chance, [500, 5000, 5000]),
    fetchBytes: one(chance, [1, 1000, 1_048_576]),
    fetchSnapshotBytes: one(chance, [200, 1_048_576]),
    delayMsMean,
    splitRate: one(chance, [0, 0.1]),
    segmentBytes: one(chance, [2048, 8192, 8_388_608]),
    faultMs: one(chance, [1000, 2500, 6000]),
    faults: faults.length === 0 ? ['kill'] : faults,
    // A dense load makes a simulated second twice as dear.
    thinkMs: one(chance, [1000, 3000, 3000]),
    clients: 1 + chance.below(2),
    becomesDynamic: !isDynamic && chance.below(2) === 0,
    lagMs: one(chance, [1500, 5000, 30_000]),
    // One batch after the other over a slow network takes longer than a cluster has to heal.
    replicaFetchBytes: one(chance, [delayMsMean > 10 ? 1000 : 1, 1000, 10_485_760]),
    minIsrMax: weakBroker === undefined ? one(chance, [1, 2, 2]) : 2,
    recordSegmentBytes: one(chance, [2048, 16_384, 1_048_576]),
    clockSkewMs: one(chance, [0, 0, 3_600_000]),
    weakBroker,
  }
}

/** Somebody changes the voters. */
export const hasOperator = ({ isDynamic, becomesDynamic }: ClusterOptions): boolean => isDynamic || becomesDynamic

/** Of the replicated topics, that of groups among them. */
export const replicationFactor = ({ combined, brokers }: ClusterOptions): number => Math.min(3, combined + brokers)

/** One replica may be missing. */
export const minIsr = (options: ClusterOptions): number =>
  Math.max(1, Math.min(options.minIsrMax, replicationFactor(options) - 1))

/** Some node's power may fail. */
export const losesPower = ({ faults }: ClusterOptions): boolean =>
  faults.some((kind) => kind === 'power' || kind === 'in-operation')

/** All must be well so long after the faults have ended. */
export const healingMsMax = ({ fetchTimeoutMs, sessionTimeoutMs }: ClusterOptions): number =>
  Math.max(60_000, 3 * Math.max(fetchTimeoutMs, sessionTimeoutMs, socketTimeoutMs))
