/**
 * OffsetFetch (9): the committed offsets of groups. Topics are not looked up in the image: offsets may outlive them.
 *
 * Versions 1 to 10. 2: null is all topics; an error of the whole group. 5: leader epochs. 7: a reader may
 * wait for offsets that are about to change, and is refused those of open transactions. 8: many groups (KIP-709). 9: members of the consumer protocol. 10: topics by id.
 */
import { ApiError, getOrInsert, present, type Uuid, zeroUuid } from '../../base/index.ts'
import type { FetchedOffset, GroupService, TopicOfOffset } from '../../coordinator/index.ts'
import type { MetadataImage } from '../../metadata/index.ts'
import { ErrorCode, type OffsetFetchRequest, type OffsetFetchResponse, offsetFetch } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface OffsetFetchServices {
  readonly image: () => MetadataImage
  readonly groups: Pick<GroupService, 'fetchOffsets' | 'fetchStableOffsets'>
}

type GroupRequest = OffsetFetchRequest['groups'][number]
type GroupAnswer = OffsetFetchResponse['groups'][number]
type TopicAnswer = GroupAnswer['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

const groupErrorSince = 2
const manyGroupsSince = 8
const topicIdsSince = 10

const partitionAnswer = (partitionIndex: number, { errorCode, value }: Pick<FetchedOffset, 'errorCode' | 'value'>) => ({
  partitionIndex,
  committedOffset: value?.offset ?? -1n,
  committedLeaderEpoch: value?.leaderEpoch ?? -1,
  metadata: value?.metadata ?? '',
  errorCode,
})

const failedPartition = (partitionIndex: number, errorCode: number): PartitionAnswer =>
  partitionAnswer(partitionIndex, { errorCode, value: null })

/** Consumers take it for final that a coordinator is not available here, and look for another one otherwise. */
const groupCode = (code: number): number =>
  code === ErrorCode.COORDINATOR_NOT_AVAILABLE ? ErrorCode.NOT_COORDINATOR : code

/** The groups that are asked for, in the form of the newest version. */
function groupsOf(request: OffsetFetchRequest, apiVersion: number): readonly GroupRequest[] {
  if (apiVersion >= manyGroupsSince) return request.groups
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null
  return [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics }]
}

class Answers {
  readonly #groups: OffsetFetchServices['groups']
  readonly #topics: MetadataImage['topics']
  readonly #requireStable: boolean
  readonly #isById: boolean

  constructor(services: OffsetFetchServices, { requireStable, isById }: { requireStable: boolean; isById: boolean }) {
    this.#groups = services.groups
    this.#topics = services.image().topics
    this.#requireStable = requireStable
    this.#isById = isById
  }

  async of(group: GroupRequest): Promise<GroupAnswer> {
    const { groupId, topics } = group
    try {
      const found = await (topics === null ? this.#all(group) : this.#some(group, topics))
      return { groupId, topics: found, errorCode: ErrorCode.NONE }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { groupId, topics: [], errorCode: groupCode(error.code) }
    }
  }

  async #fetch({ groupId, memberId, memberEpoch }: GroupRequest, keys: readonly TopicOfOffset[] | null) {
    const request = { groupId, memberId, memberEpoch, keys }
    return this.#requireStable ? await this.#groups.fetchStableOffsets(request) : this.#groups.fetchOffsets(request)
  }

  async #some(group: GroupRequest, topics: NonNullable<GroupRequest['topics']>): Promise<readonly TopicAnswer[]> {
    const named = topics.map((topic) => ({ ...topic, known: this.#nameOf(topic) }))
    const keys = named.flatMap(({ known, topicId, partitionIndexes }) =>
      known === undefined ? [] : partitionIndexes.map((partition) => ({ topic: known, topicId, partition })),
    )
    const fetched = (await this.#fetch(group, keys)).values()
    return named.map(({ known, name, topicId, partitionIndexes }) => ({
      name,
      topicId,
      partitions: partitionIndexes.map((partition) =>
        known === undefined
          ? failedPartition(partition, ErrorCode.UNKNOWN_TOPIC_ID)
          : partitionAnswer(partition, present(fetched.next().value, 'an offset')),
      ),
    }))
  }

  #nameOf({ name, topicId }: { readonly name: string; readonly topicId: Uuid }): string | undefined {
    return this.#isById ? this.#topics.byId.get(topicId)?.name : name
  }

  /** Offsets of topics that are gone cannot be told by id. */
  async #all(group: GroupRequest): Promise<readonly TopicAnswer[]> {
    const partitions = new Map<string, PartitionAnswer[]>()
    for (const fetched of await this.#fetch(group, null)) {
      getOrInsert(partitions, fetched.topic, () => []).push(partitionAnswer(fetched.partition, fetched))
    }
    return [...partitions].flatMap(([name, answers]) => {
      const topicId = this.#topics.byName.get(name)?.topicId
      if (this.#isById && topicId === undefined) return []
      return [{ name, topicId: topicId ?? zeroUuid, partitions: answers }]
    })
  }
}

export function offsetFetchHandler(services: OffsetFetchServices): Handler<OffsetFetchRequest, OffsetFetchResponse> {
  return {
    api: offsetFetch,
    async handle(request, context) {
      const { apiVersion } = context
      // Commits let the next request of their connection begin: it finds what they have committed.
      await context.afterEarlier()
      const { requireStable } = request
      const answers = new Answers(services, { requireStable, isById: apiVersion >= topicIdsSince })
      const groups = await Promise.all(groupsOf(request, apiVersion).map((group) => answers.of(group)))
      if (apiVersion >= manyGroupsSince) return offsetFetch.response.create({ groups })
      const { topics, errorCode } = present(groups[0], 'the one group')
      if (errorCode !== ErrorCode.NONE && apiVersion < groupErrorSince) {
        const failed = (request.topics ?? []).map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partition) => failedPartition(partition, errorCode)),
        }))
        return offsetFetch.response.create({ topics: failed })
      }
      return offsetFetch.response.create({ topics, errorCode })
    },
  }
}
