/**
 * DeleteTopics (20), on brokers and controllers: the controller decides, within the time that the client gives.
 *
 * Versions 1 to 6. 3: error 73 where topics may not be deleted. 4: flexible. 5: a message for each error; where a
 * quota is spent the topic fails (KIP-599). 6: by name or id.
 */
import { type Clock, zeroUuid } from '../../base/index.ts'
import type { ControllerChannel } from '../../metadata/index.ts'
import { type DeleteTopicsRequest, type DeleteTopicsResponse, deleteTopics, ErrorCode } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'
import { withinTimeout } from '../within-timeout.ts'

type Topic = DeleteTopicsRequest['topics'][number]
type Result = DeleteTopicsResponse['responses'][number]

export interface DeleteTopicsServices {
  readonly channel: Pick<ControllerChannel, 'deleteTopics'>
  readonly clock: Clock
}

const disabledErrorSince = 3

/** Versions before 6 name topics and nothing else. */
const topicsOf = ({ topics, topicNames }: DeleteTopicsRequest): readonly Topic[] => [
  ...topics,
  ...topicNames.map((name) => ({ name, topicId: zeroUuid })),
]

function refused({ name, topicId }: Topic, errorMessage: string): Result {
  return { name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
}

/** What can be asked of the controller, each topic once; and an answer for what cannot. */
function sort(topics: readonly Topic[]): { readonly asked: readonly Topic[]; readonly refusals: readonly Result[] } {
  const refusals: Result[] = []
  const asked = new Map<string, { readonly topic: Topic; count: number }>()
  for (const topic of topics) {
    const { name, topicId } = topic
    if (name === null && topicId === zeroUuid) {
      refusals.push(refused(topic, 'Neither topic name nor id were specified.'))
    } else if (name !== null && topicId !== zeroUuid) {
      refusals.push(refused(topic, 'You may not specify both topic name and topic id.'))
    } else {
      const key = name === null ? `id ${topicId}` : `name ${name}`
      const known = asked.get(key)
      if (known === undefined) asked.set(key, { topic, count: 1 })
      else known.count++
    }
  }
  const all = [...asked.values()]
  for (const { topic, count } of all) {
    if (count > 1) refusals.push(refused(topic, topic.name === null ? 'Duplicate topic id.' : 'Duplicate topic name.'))
  }
  return { asked: all.filter(({ count }) => count === 1).map(({ topic }) => topic), refusals }
}

export function deleteTopicsHandler({
  channel,
  clock,
}: DeleteTopicsServices): Handler<DeleteTopicsRequest, DeleteTopicsResponse> {
  return {
    api: deleteTopics,
    async handle(request, context) {
      const { timeoutMs } = request
      const { asked, refusals } = sort(topicsOf(request))
      const reply = await withinTimeout(clock, timeoutMs, async () =>
        asked.length === 0
          ? deleteTopics.response.create()
          : channel.deleteTopics({ topics: asked, topicNames: [], timeoutMs }, context),
      )
      context.throttle(reply.throttleTimeMs)
      const responses = reply.responses.map((result) =>
        context.apiVersion < disabledErrorSince && result.errorCode === ErrorCode.TOPIC_DELETION_DISABLED
          ? { ...result, errorCode: ErrorCode.INVALID_REQUEST }
          : result,
      )
      return { ...reply, responses: [...responses, ...refusals] }
    },
    fail: (request, { code, message }) =>
      deleteTopics.response.create({
        responses: topicsOf(request).map(({ name, topicId }) => ({
          name,
          topicId,
          errorCode: code,
          errorMessage: message,
        })),
      }),
  }
}
