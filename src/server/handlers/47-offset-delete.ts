/** OffsetDelete (47), version 0: committed offsets are taken away, but those of topics that members subscribe to. */
import { present } from '../../base/index.ts'
import type { GroupService, OffsetKey } from '../../coordinator/index.ts'
import type { MetadataImage } from '../../metadata/index.ts'
import { ErrorCode, type OffsetDeleteRequest, type OffsetDeleteResponse, offsetDelete } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface OffsetDeleteServices {
  readonly image: () => MetadataImage
  readonly groups: Pick<GroupService, 'deleteOffsets'>
}

export function offsetDeleteHandler(
  services: OffsetDeleteServices,
): Handler<OffsetDeleteRequest, OffsetDeleteResponse> {
  return {
    api: offsetDelete,
    async handle(request) {
      const { byName } = services.image().topics
      const keys: OffsetKey[] = []
      const topics = request.topics.flatMap(({ name, partitions }) => {
        const topic = byName.get(name)
        // Of a topic that is there nothing is said where nothing was asked.
        if (topic !== undefined && partitions.length === 0) return []
        const answered = partitions.map(({ partitionIndex }) => {
          const isKnown = topic?.partitions.has(partitionIndex) ?? false
          if (isKnown) keys.push({ topic: name, partition: partitionIndex })
          const errorCode: number = isKnown ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
          return { partitionIndex, errorCode }
        })
        return [{ name, partitions: answered }]
      })
      // The coordinator is asked even without keys: whether there is such a group comes first.
      const codes = (await services.groups.deleteOffsets(request.groupId, keys)).values()
      for (const partition of topics.flatMap(({ partitions }) => partitions)) {
        if (partition.errorCode === ErrorCode.NONE) partition.errorCode = present(codes.next().value, 'a code')
      }
      return offsetDelete.response.create({ topics })
    },
    fail: (_request, error) => offsetDelete.response.create({ errorCode: error.code }),
  }
}
