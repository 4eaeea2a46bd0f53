/**
 * ElectLeaders (43), on brokers and controllers: the controller elects the preferred leaders of partitions, or any, within the
 * time that the client gives.
 *
 * Versions 0 to 2. 1: unclean elections (KIP-460), an error for the whole. 2: flexible.
 */
import type { Clock } from '../../base/index.ts'
import type { ControllerChannel } from '../../metadata/index.ts'
import { type ElectLeadersRequest, type ElectLeadersResponse, electLeaders } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'
import { withinTimeout } from '../within-timeout.ts'

export interface ElectLeadersServices {
  readonly channel: Pick<ControllerChannel, 'electLeaders'>
  readonly clock: Clock
}

export function electLeadersHandler({
  channel,
  clock,
}: ElectLeadersServices): Handler<ElectLeadersRequest, ElectLeadersResponse> {
  return {
    api: electLeaders,
    async handle(request) {
      if (request.topicPartitions?.length === 0) return electLeaders.response.create()
      return withinTimeout(clock, request.timeoutMs, () => channel.electLeaders(request))
    },
    fail: ({ topicPartitions }, { code, message }) =>
      electLeaders.response.create({
        errorCode: code,
        replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
          topic,
          partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode: code, errorMessage: message })),
        })),
      }),
  }
}
