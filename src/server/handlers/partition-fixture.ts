/** For tests of handlers that read and change partitions: the replicas of node 1 over real logs. */
import { type Disk, type Logger, present, type Uuid } from '../../base/index.ts'
import { defaultLogConfig, LogManager, sameIntervals } from '../../log/index.ts'
import { emptyImage, noChanges } from '../../metadata/index.ts'
import { Peers } from '../../peer/index.ts'
import { type BatchOptions, buildBatch } from '../../records/index.ts'
import { type IsrProposal, type Partition, ReplicaManager } from '../../replication/index.ts'
import { ClusterFixture, countingStream, id } from './handler-fixture.ts'

export const silent: Logger = { child: () => silent, log: () => undefined }
export const directory = '/data'
/** That of node 1. */
export const directoryId = id('d1')
const topicResource = 2

export interface GivenTopic {
  /** Of each partition; its first one leads. */
  readonly replicas: readonly (readonly number[])[]
  readonly configs?: Readonly<Record<string, string>>
}

const unreachable = () => Promise.reject(new Error('there is no network'))

function unused({ clock }: ClusterFixture): Peers {
  return new Peers({
    network: { afterReads: (then) => then(), listen: unreachable, connect: unreachable, canonicalNames: unreachable },
    clock,
    random: countingStream(),
    clientId: 'test',
    software: { name: 'test', version: '0' },
    limits: { inFlightMax: 1, queuedBytesMax: 1, waitingMax: 1, replyBytesMax: 1 },
    reconnect: { initialMs: 1, maxMs: 1 },
    setupTimeout: { initialMs: 1, maxMs: 1 },
    poison: true,
  })
}

export class PartitionFixture {
  readonly cluster: ClusterFixture
  readonly replicas: ReplicaManager
  readonly manager: LogManager
  /** What the controller was told: the directories of partitions, one after the other. */
  readonly reported: Uuid[] = []
  /** What leaders here have asked of the controller, one after the other. */
  readonly proposed: { readonly partition: Partition; readonly proposal: IsrProposal }[] = []

  private constructor(cluster: ClusterFixture, manager: LogManager) {
    this.cluster = cluster
    this.manager = manager
    this.replicas = new ReplicaManager({
      nodeId: 1,
      logger: silent,
      config: () => cluster.config,
      clock: cluster.clock,
      directories: [manager],
      directoryIds: new Map([[manager.directory, directoryId]]),
      report: (_topicId, _partitionId, directory) => void this.reported.push(directory),
      peers: unused(cluster),
      // Not registered: nothing is fetched.
      brokerEpoch: () => -1,
      proposeIsr: (partition, proposal) => void this.proposed.push({ partition, proposal }),
      onFault: (error) => {
        throw error
      },
    })
  }

  static async open(
    disk: Disk,
    topics: Readonly<Record<string, GivenTopic>>,
    texts: Readonly<Record<string, string>> = {},
  ): Promise<PartitionFixture> {
    const cluster = new ClusterFixture({ 'log.dirs': `${directory},/lost`, 'cordoned.log.dirs': directory, ...texts })
    cluster.start(1, 2)
    cluster.createTopics(Object.fromEntries(Object.entries(topics).map(([name, { replicas }]) => [name, replicas])))
    for (const [resourceName, { configs = {} }] of Object.entries(topics)) {
      for (const [name, value] of Object.entries(configs)) {
        cluster.append({ kind: 'config', value: { resourceType: topicResource, resourceName, name, value } })
      }
    }
    const manager = await LogManager.open({
      directory,
      disk,
      clock: cluster.clock,
      random: countingStream(),
      logger: silent,
      configOf: () => defaultLogConfig,
      onDirectoryFailure: () => undefined,
      intervals: sameIntervals(60_000),
      recoveriesMax: () => 2,
    })
    const fixture = new PartitionFixture(cluster, manager)
    const { image } = cluster
    await fixture.replicas.apply({
      before: emptyImage,
      image,
      changes: { ...noChanges, topicsCreated: [...image.topics.byId.values()] },
    })
    return fixture
  }

  partition(topic: string, partitionId = 0): Partition {
    return present(this.replicas.get(topic, partitionId), `${topic}-${partitionId}`)
  }

  /** One batch with a record for each timestamp. */
  async append(partition: Partition, timestampsMs: readonly number[], options: BatchOptions = {}): Promise<void> {
    const value = Buffer.from('value')
    const batch = buildBatch(
      timestampsMs.map((timestampMs) => ({ value, timestampMs })),
      options,
    )
    await partition.append(batch, { origin: 'client' })
  }

  /** Node 1 leads the partition anew. */
  lead(partition: Partition, leaderEpoch: number): void {
    const { topic, partitionId } = partition
    const state = present(this.cluster.image.topics.byName.get(topic)?.partitions.get(partitionId), 'the partition')
    partition.become({ ...state, leader: 1, leaderEpoch })
  }
}
