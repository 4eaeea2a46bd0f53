/**
 * CreatePartitions (37), on brokers and controllers: the controller decides, within the time that the client gives.
 *
 * Versions 0 to 3. 2: flexible. 3: where a quota is spent the topic fails (KIP-599).
 */
import type { Clock } from '../../base/index.ts'
import type { ControllerChannel } from '../../metadata/index.ts'
import {
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  createPartitions,
  ErrorCode,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'
import { withinTimeout } from '../within-timeout.ts'

type Topic = CreatePartitionsRequest['topics'][number]

export interface CreatePartitionsServices {
  readonly channel: Pick<ControllerChannel, 'createPartitions'>
  readonly clock: Clock
}

export function createPartitionsHandler({
  channel,
  clock,
}: CreatePartitionsServices): Handler<CreatePartitionsRequest, CreatePartitionsResponse> {
  return {
    api: createPartitions,
    async handle(request, context) {
      const { timeoutMs } = request
      const topics = new Map<string, Topic>()
      const twice = new Set<string>()
      for (const topic of request.topics) {
        if (topics.has(topic.name)) twice.add(topic.name)
        topics.set(topic.name, topic)
      }
      const asked = [...topics.values()].filter(({ name }) => !twice.has(name))
      const reply = await withinTimeout(clock, timeoutMs, async () =>
        asked.length === 0
          ? createPartitions.response.create()
          : channel.createPartitions({ ...request, topics: asked }, context),
      )
      context.throttle(reply.throttleTimeMs)
      const refusals = Array.from(twice, (name) => ({
        name,
        errorCode: ErrorCode.INVALID_REQUEST,
        errorMessage: 'Duplicate topic name.',
      }))
      return { ...reply, results: [...refusals, ...reply.results] }
    },
    fail: ({ topics }, { code, message }) =>
      createPartitions.response.create({
        results: topics.map(({ name }) => ({ name, errorCode: code, errorMessage: message })),
      }),
  }
}
