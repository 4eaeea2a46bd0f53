/** Groups: which there are, taking them away, and taking members out of them. */
import { deleteGroups as deleteApi, ErrorCode, leaveGroup, listGroups as listApi } from '../../protocol/index.ts'
import type { Deadline } from '../deadline.ts'
import { KafkaError } from '../kafka-error.ts'
import type { CallOptions } from './admin-options.ts'
import { coordinatorPasses, coordinators } from './coordinators.ts'
import { describeGroups } from './group-descriptions.ts'
import { brokerOf } from './places.ts'
import { failureOf, onlyOf } from './results.ts'
import type { Routing } from './routing.ts'

/** `unknown`: the broker does not tell (before 3.8). */
export type GroupType = 'classic' | 'consumer' | 'share' | 'streams' | 'unknown'

export interface GroupListing {
  readonly groupId: string
  readonly type: GroupType
  /** `consumer` where its members are consumers; empty where it has only offsets. */
  readonly protocolType: string
  /** As its coordinator writes it, `Stable` or `Empty`; empty before 2.6. */
  readonly state: string
}

export interface ListGroupsOptions extends CallOptions {
  /** Only groups in one of these states, from Kafka 2.6 on. */
  readonly states?: readonly string[]
  /** Only groups of these types, from Kafka 3.8 on. */
  readonly types?: readonly Exclude<GroupType, 'unknown'>[]
}

const statesSince = 4
const typesSince = 5

const typeOf = (told: string): GroupType => {
  const type = told.toLowerCase()
  return type === 'classic' || type === 'consumer' || type === 'share' || type === 'streams' ? type : 'unknown'
}

/** Each broker knows the groups that it coordinates. */
export async function listGroups(routing: Routing, options: ListGroupsOptions) {
  const { states = [], types = [] } = options
  const min = types.length > 0 ? typesSince : states.length > 0 ? statesSince : listApi.versions[0]
  const deadline = routing.deadline('listGroups', options)
  return routing.settle(await routing.brokerIds(deadline), {
    deadline,
    place: brokerOf((id: number) => id),
    passes: coordinatorPasses,
    keyOf: String,
    ask: async (to, ids) => {
      const request = { statesFilter: states, typesFilter: types }
      const told = await to.send(listApi, request, [min, listApi.versions[1]])
      return ids.map((id) => [String(id), listingsOf(told, `broker ${id}`)] as const)
    },
  })
}

type ToldGroups = Awaited<ReturnType<(typeof listApi)['response']['decode']>>

function listingsOf({ errorCode, groups }: ToldGroups, what: string): readonly GroupListing[] | KafkaError {
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, what)
  return groups.map(({ groupId, protocolType, groupState, groupType }) => ({
    groupId,
    type: typeOf(groupType),
    protocolType,
    state: groupState,
  }))
}

export function deleteGroups(routing: Routing, groupIds: readonly string[], options: CallOptions) {
  return routing.settle(groupIds, {
    deadline: routing.deadline('deleteGroups', options),
    place: coordinators('group', (it) => it),
    passes: coordinatorPasses,
    keyOf: (it) => it,
    ask: async (to, groupsNames) => {
      const { results } = await to.send(deleteApi, { groupsNames })
      return results.map(({ groupId, errorCode }) => [groupId, failureOf(errorCode, `group '${groupId}'`)] as const)
    },
  })
}

/** A member by its id, or a static one by its instance (KIP-345). */
export type MemberToRemove = { readonly memberId: string } | { readonly groupInstanceId: string }

export interface RemoveMembersOptions extends CallOptions {
  /** All that are there unless told. */
  readonly members?: readonly MemberToRemove[]
  /** What the coordinator writes into its log. */
  readonly reason?: string
}

const nameOf = (member: MemberToRemove): string => ('memberId' in member ? member.memberId : member.groupInstanceId)

const reasonLengthMax = 255
const versions = [3, leaveGroup.versions[1]] as const

export async function removeMembers(routing: Routing, groupId: string, options: RemoveMembersOptions) {
  const deadline = routing.deadline('removeMembers', options)
  const { members = await allMembers(routing, groupId, deadline), reason } = options
  const told = `removed by an admin${reason === undefined ? '' : `: ${reason}`}`.slice(0, reasonLengthMax)
  return routing.settle(members, {
    deadline,
    place: coordinators('group', () => groupId),
    passes: coordinatorPasses,
    keyOf: nameOf,
    ask: async (to, them) => {
      const forms = them.map((it) => ({ memberId: '', groupInstanceId: null, ...it, reason: told }))
      const response = await to.send(leaveGroup, { groupId, members: forms }, versions)
      if (response.errorCode !== ErrorCode.NONE) throw KafkaError.of(response.errorCode, `group '${groupId}'`)
      const errors = new Map(
        response.members.flatMap((it) => [
          [`memberId ${it.memberId}`, it.errorCode],
          [`groupInstanceId ${it.groupInstanceId}`, it.errorCode],
        ]),
      )
      return them.map((it) => {
        const [[kind, name] = ['', '']] = Object.entries(it)
        const errorCode = errors.get(`${kind} ${name}`) ?? ErrorCode.UNKNOWN_SERVER_ERROR
        return [name, failureOf(errorCode, `member '${name}'`)] as const
      })
    },
  })
}

/** Static ones by their instance: their ids change when they come back. */
async function allMembers(routing: Routing, groupId: string, deadline: Deadline): Promise<readonly MemberToRemove[]> {
  const { members } = onlyOf(await describeGroups(routing, [groupId], {}, deadline))
  return members.map(({ memberId, groupInstanceId }) => (groupInstanceId === null ? { memberId } : { groupInstanceId }))
}
