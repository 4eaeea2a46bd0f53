/**
 * LeaveGroup (13): members leave a classic group, or an administrator takes them out.
 *
 * Versions 0 to 5. 3: many members, named by their instance id alone where they are static, each with its own error;
 * before, the error of the one member is that of the reply. 5: a reason.
 */
import { present } from '../../base/index.ts'
import type { GroupService } from '../../coordinator/index.ts'
import { ErrorCode, type LeaveGroupRequest, type LeaveGroupResponse, leaveGroup } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface LeaveGroupServices {
  readonly groups: Pick<GroupService, 'leave'>
}

const manyMembersSince = 3

export function leaveGroupHandler({ groups }: LeaveGroupServices): Handler<LeaveGroupRequest, LeaveGroupResponse> {
  return {
    api: leaveGroup,
    async handle({ groupId, memberId, members }, { apiVersion }) {
      if (apiVersion < manyMembersSince) {
        const [errorCode = ErrorCode.NONE] = await groups.leave(groupId, [
          { memberId, groupInstanceId: null, reason: '' },
        ])
        return leaveGroup.response.create({ errorCode })
      }
      const codes = await groups.leave(
        groupId,
        members.map((member) => ({ ...member, reason: member.reason ?? '' })),
      )
      return leaveGroup.response.create({
        members: members.map((member, i) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          errorCode: present(codes[i], 'the code of a member'),
        })),
      })
    },
    fail: (_request, error) => leaveGroup.response.create({ errorCode: error.code }),
  }
}
