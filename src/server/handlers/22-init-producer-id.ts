/**
 * InitProducerId (22), versions 0 to 5: a producer id for an idempotent producer, always a new one.
 *
 * 2: flexible. 3: the id and epoch that the producer has (KIP-360); they matter to transactions only. 4: another error for
 * fenced producers. 5: the client knows TRANSACTION_ABORTABLE.
 *
 * Transactions are not served. COORDINATOR_NOT_AVAILABLE would make every client try again until its own time-out;
 * TRANSACTIONAL_ID_AUTHORIZATION_FAILED is the one error that all of them (Java, librdkafka, franz-go) take as final, and
 * that names the setting which must go.
 */
import { ApiError } from '../../base/index.ts'
import {
  ErrorCode,
  type InitProducerIdRequest,
  type InitProducerIdResponse,
  initProducerId,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'
import type { ProducerIds } from '../producer-ids.ts'
import { type RareWarning, refusedTransaction } from '../rare-warning.ts'

export interface InitProducerIdServices {
  readonly producerIds: ProducerIds
  readonly refusals: RareWarning
}

const noProducerId = -1
const noProducerEpoch = -1

const given = (producerId: number): InitProducerIdResponse =>
  initProducerId.response.create({ producerId, producerEpoch: 0 })

export function initProducerIdHandler({
  producerIds,
  refusals,
}: InitProducerIdServices): Handler<InitProducerIdRequest, InitProducerIdResponse> {
  return {
    api: initProducerId,
    handle({ transactionalId, producerId, producerEpoch }, context) {
      if ((producerId === noProducerId) !== (producerEpoch === noProducerEpoch)) {
        throw new ApiError(ErrorCode.INVALID_REQUEST, 'a producer has an id and an epoch, or neither')
      }
      if (transactionalId === '') throw new ApiError(ErrorCode.INVALID_REQUEST, 'the transactional id is empty')
      if (transactionalId !== null) {
        refusals.warn(refusedTransaction, context)
        throw new ApiError(
          ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
          'this broker does not serve transactions: produce without transactional.id',
        )
      }
      const next = producerIds.next()
      return next instanceof Promise ? next.then(given) : given(next)
    },
    fail: (_request, { code }) =>
      initProducerId.response.create({
        errorCode: code,
        producerId: noProducerId,
        producerEpoch: noProducerEpoch,
      }),
  }
}
