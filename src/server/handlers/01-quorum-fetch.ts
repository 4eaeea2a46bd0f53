/**
 * Fetch (1), on controllers: voters and observers follow the metadata log (KIP-595). Versions 4 to 18, of which those up to
 * 12 have no topic id and are refused, as Kafka does.
 */
import { type FetchRequest, type FetchResponse, fetch } from '../../protocol/index.ts'
import { decodeFetch, encodeFetchReply } from '../../raft/index.ts'
import type { Handler } from '../handler.ts'
import { type QuorumServices, replyOf, wireNames } from '../quorum-port.ts'

export function quorumFetchHandler({ quorumPort }: QuorumServices): Handler<FetchRequest, FetchResponse> {
  return {
    api: fetch,
    async handle(request, context) {
      const names = wireNames(quorumPort, context)
      const { answer, forget } = quorumPort.receive(decodeFetch(request, context.apiVersion, names))
      context.onClose(forget)
      const answered = await answer
      const logStartOffset = quorumPort.logStartOffset()
      return encodeFetchReply({ reply: replyOf('fetch', answered), records: answered.records, logStartOffset }, names)
    },
    fail: (_request, { code }) => fetch.response.create({ errorCode: code }),
  }
}
