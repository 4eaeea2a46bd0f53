/** How messages and logs are written in transcripts. Offsets go with epochs as `offset@epoch`. */
import { errorName } from '../../protocol/index.ts'
import type { ModelBatch } from '../../../test/sim/quorum/model-log.ts'
import type { Node } from '../../../test/sim/quorum/model-node.ts'
import type { OffsetAndEpoch, OutgoingRequest, QuorumReply, ReplicaKey } from '../index.ts'
import type { FetchReply } from '../messages.ts'

const end = ({ offset, epoch }: OffsetAndEpoch): string => `${offset}@${epoch}`

const ids = (keys: readonly ReplicaKey[]): string => keys.map(({ id }) => id).join(' ')

/** Its port where that is not the one that it was formatted with. */
function voterText(text: string): string {
  const [id, , , port] = text.split(',')
  return port === '1' ? `${id}` : `${id} (port ${port})`
}

/** Records about the quorum by what they say of it. */
const recordText = (text: string): string =>
  text
    .split('|')
    .map((record) => {
      const [kind, , ...rest] = record.split(' ')
      if (kind === 'version') return `kraft.version ${rest.join()}`
      return kind === 'voters' ? `voters ${rest.map(voterText).join(' ')}` : record
    })
    .join(', ')

export const batchText = ({ baseOffset, epoch, text }: ModelBatch): string =>
  `${end({ offset: baseOffset, epoch })} [${recordText(text)}]`

/** Undefined: what is asked for again and again is shown by what comes of it. */
export function requestText(request: OutgoingRequest['request']): string | undefined {
  switch (request.kind) {
    case 'vote':
      return `${request.isPreVote ? 'pre-vote' : 'vote'}? epoch ${request.epoch}, log ends at ${end(request.log)}`
    case 'begin-epoch':
      return `begin of epoch ${request.epoch}`
    case 'end-epoch':
      return `end of epoch ${request.epoch}, successors ${ids(request.preferred) || 'none'}`
    case 'fetch':
      return undefined
    case 'fetch-snapshot':
      return `snapshot ${end(request.snapshot)}?`
    case 'api-versions':
      return 'which versions?'
    case 'add-voter':
    case 'remove-voter':
    case 'update-voter':
      return `${request.kind} ${request.voter.id}`
  }
}

export function replyText(reply: QuorumReply): string | undefined {
  const { kind, errorCode } = reply
  if (errorCode !== 0) return `${kind}: ${errorName(errorCode)}${knownLeader(reply)}`
  switch (kind) {
    case 'vote':
      return reply.isGranted ? 'yes' : `no${knownLeader(reply)}`
    case 'fetch':
      return fetchedText(reply)
    case 'fetch-snapshot':
      return `all ${reply.size > 0 ? 'of snapshot ' : ''}${end(reply.snapshot)}`
    case 'api-versions':
      return `kraft.version up to ${reply.kraftVersions?.max}`
    case 'begin-epoch':
    case 'end-epoch':
      return undefined
    default:
      return `${kind}: done`
  }
}

const knownLeader = (reply: QuorumReply): string => {
  if (!('epoch' in reply)) return ''
  return reply.leaderId < 0 ? `, epoch ${reply.epoch}` : `, ${reply.leaderId} leads epoch ${reply.epoch}`
}

/** Undefined where it brings nothing. */
function fetchedText({ diverging, snapshot, batches }: FetchReply): string | undefined {
  if (diverging !== undefined) return `your log is another one from ${end(diverging)} on`
  if (snapshot !== undefined) return `take snapshot ${end(snapshot)} first`
  const texts = batches.map(({ baseOffset, epoch, bytes }) => `${end({ offset: baseOffset, epoch })} [${recordText(Buffer.from(bytes).toString())}]`)
  return texts.length === 0 ? undefined : texts.join(' ')
}

/** What a node is, and what it has. */
export function nodeText({ id, raft, log }: Node): string {
  if (raft === undefined) return `${id}: down, log ${logText(log)}`
  const { role, epoch, leaderId, highWatermark, voters } = raft
  const follows = role.kind === 'follower' ? ` of ${leaderId}` : ''
  return `${id}: ${role.kind}${follows} in epoch ${epoch}, log ${logText(log)}, committed ${highWatermark}, voters ${voters.ids().join(' ')}`
}

const logText = ({ startOffset, batches }: Node['log']): string =>
  `${startOffset > 0 ? `from ${startOffset} ` : ''}${batches.map(batchText).join(' ') || 'empty'}`
