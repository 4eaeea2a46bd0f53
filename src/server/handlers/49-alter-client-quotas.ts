/**
 * AlterClientQuotas (49), on brokers and controllers: the controller decides (KIP-546). Only `controller_mutation_rate` has an
 * effect yet.
 *
 * Versions 0 to 1. 1: flexible.
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import {
  type AlterClientQuotasRequest,
  type AlterClientQuotasResponse,
  alterClientQuotas,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface AlterClientQuotasServices {
  readonly channel: Pick<ControllerChannel, 'alterClientQuotas'>
}

export function alterClientQuotasHandler({
  channel,
}: AlterClientQuotasServices): Handler<AlterClientQuotasRequest, AlterClientQuotasResponse> {
  return {
    api: alterClientQuotas,
    handle: (request) => channel.alterClientQuotas(request),
    fail: ({ entries }, { code, message }) =>
      alterClientQuotas.response.create({
        entries: entries.map(({ entity }) => ({ entity, errorCode: code, errorMessage: message })),
      }),
  }
}
