/**
 * CreateTopics (19), on brokers and controllers: the controller decides, within the time that the client gives.
 *
 * Versions 2 to 7. 4: -1 for the default numbers of partitions and replicas. 5: flexible; what was created is told. 6: where
 * a quota is spent the topic fails (KIP-599). 7: the topic's id.
 */
import { ApiError, type Clock } from '../../base/index.ts'
import { type ControllerChannel, clusterMetadataTopic } from '../../metadata/index.ts'
import { type CreateTopicsRequest, type CreateTopicsResponse, createTopics, ErrorCode } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'
import { withLastConfigs } from '../last-configs.ts'
import { withinTimeout } from '../within-timeout.ts'

type CreatableTopic = CreateTopicsRequest['topics'][number]

export interface CreateTopicsServices {
  readonly channel: Pick<ControllerChannel, 'createTopics'>
  readonly clock: Clock
}

/** Why the controller need not be asked; undefined: it is. */
function refusal({ name, configs }: CreatableTopic, isTwice: boolean): ApiError | undefined {
  if (isTwice) return new ApiError(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')
  if (name === clusterMetadataTopic) {
    const reason = `Creation of internal topic ${clusterMetadataTopic} is prohibited.`
    return new ApiError(ErrorCode.INVALID_REQUEST, reason)
  }
  const nulls = configs.filter(({ value }) => value === null)
  if (nulls.length === 0) return undefined
  const reason = `Null value not supported for topic configs: ${nulls.map((config) => config.name).join(',')}`
  return new ApiError(ErrorCode.INVALID_CONFIG, reason)
}

const failed = (name: string, { code, message }: ApiError) => ({ name, errorCode: code, errorMessage: message })

export function createTopicsHandler({
  channel,
  clock,
}: CreateTopicsServices): Handler<CreateTopicsRequest, CreateTopicsResponse> {
  return {
    api: createTopics,
    async handle(request, context) {
      const { timeoutMs } = request
      const counts = new Map<string, number>()
      for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1)
      const asked: CreatableTopic[] = []
      const refused = new Map<string, ApiError>()
      for (const topic of request.topics) {
        const error = refusal(topic, (counts.get(topic.name) ?? 0) > 1)
        if (error === undefined) asked.push(withLastConfigs(topic))
        else refused.set(topic.name, error)
      }
      const reply = await withinTimeout(clock, timeoutMs, async () =>
        asked.length === 0
          ? createTopics.response.create()
          : channel.createTopics({ ...request, topics: asked }, context),
      )
      context.throttle(reply.throttleTimeMs)
      if (refused.size === 0) return reply
      const refusals = createTopics.response.create({
        topics: Array.from(refused, ([name, error]) => failed(name, error)),
      })
      return { ...reply, topics: [...reply.topics, ...refusals.topics] }
    },
    fail: ({ topics }, error) =>
      createTopics.response.create({ topics: topics.map(({ name }) => failed(name, error)) }),
  }
}
