/** The channels of `node:diagnostics_channel` on which clients tell what they do. */
import { channel } from 'node:diagnostics_channel'
import type { ClientTrace } from '../client/index.ts'

export const clientTrace: ClientTrace = {
  request: channel('odradek:client:request'),
  batch: channel('odradek:producer:batch'),
  fetch: channel('odradek:consumer:fetch'),
  rebalance: channel('odradek:consumer:rebalance'),
}
