/**
 * JoinGroup (11): a member comes to a classic group, and waits until the group's next generation begins.
 *
 * Versions 0 to 9. 1: a rebalance time-out of its own. 4: a new member gets an id first and comes back with it (KIP-394).
 * 5: static members (KIP-345). 7: the type of protocol in the reply, and a name that may be null. 8: a reason. 9: a
 * static leader that came back is told not to assign (KIP-814).
 */
import { type Uuid, uuidToBytes, uuidToString } from '../../base/index.ts'
import type { GroupService, JoinReply } from '../../coordinator/index.ts'
import { type JoinGroupRequest, type JoinGroupResponse, joinGroup } from '../../protocol/index.ts'
import { hostText } from '../client-host.ts'
import type { Handler } from '../handler.ts'

export interface JoinGroupServices {
  readonly groups: Pick<GroupService, 'join'>
  /** For new member ids. */
  readonly random: { uuid(): Uuid }
}

/** In the form of Java's UUID. */
function uuidText(id: Uuid): string {
  return uuidToBytes(id)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Names may be as long as a string can be; with the UUID they would be longer, and neither written nor sent. */
const namePartMax = 1000

const memberIdFor = (name: string, id: Uuid): string => `${name.slice(0, namePartMax)}-${uuidText(id)}`

export function joinGroupHandler({ groups, random }: JoinGroupServices): Handler<JoinGroupRequest, JoinGroupResponse> {
  return {
    api: joinGroup,
    async handle(request, { apiVersion, clientId, clientHost }) {
      const { groupId, memberId, groupInstanceId, sessionTimeoutMs } = request
      const newId = memberId === '' ? random.uuid() : undefined
      // The request's bytes are lent until here awaits: the coordinator copies what it keeps before it returns.
      const reply = await groups.join(groupId, {
        memberId,
        groupInstanceId,
        newMemberId: newId === undefined ? memberId : memberIdFor(groupInstanceId ?? clientId ?? '', newId),
        newConsumerMemberId: newId === undefined ? memberId : uuidToString(newId),
        requireKnownMemberId: apiVersion >= 4,
        canSkipAssignment: apiVersion >= 9,
        clientId: clientId ?? '',
        clientHost: hostText(clientHost),
        sessionTimeoutMs,
        rebalanceTimeoutMs: apiVersion === 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
        protocolType: request.protocolType,
        protocols: request.protocols,
        reason: request.reason ?? '',
      })
      return joinGroup.response.create(inVersion(reply, apiVersion))
    },
  }
}

const inVersion = (reply: JoinReply, apiVersion: number): JoinReply =>
  apiVersion < 7 ? { ...reply, protocolName: reply.protocolName ?? '' } : reply
