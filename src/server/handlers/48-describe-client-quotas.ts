/**
 * DescribeClientQuotas (48), on brokers: the quotas of the entities that a filter means, as far as this broker has read the
 * metadata (KIP-546).
 *
 * Versions 0 to 1. 1: flexible.
 */
import { type MetadataImage, matchingQuotas } from '../../metadata/index.ts'
import {
  type DescribeClientQuotasRequest,
  type DescribeClientQuotasResponse,
  describeClientQuotas,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface DescribeClientQuotasServices {
  readonly image: () => MetadataImage
}

export function describeClientQuotasHandler({
  image,
}: DescribeClientQuotasServices): Handler<DescribeClientQuotasRequest, DescribeClientQuotasResponse> {
  return {
    api: describeClientQuotas,
    handle(request) {
      const entries = matchingQuotas(request, image().clientQuotas.values()).map(({ entity, quotas }) => ({
        entity: [...entity],
        values: Array.from(quotas, ([key, value]) => ({ key, value })),
      }))
      return describeClientQuotas.response.create({ entries })
    },
    fail: (_request, { code, message }) =>
      describeClientQuotas.response.create({ errorCode: code, errorMessage: message, entries: null }),
  }
}
