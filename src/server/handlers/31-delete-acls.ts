/**
 * DeleteAcls (31), on brokers and controllers: the controller decides.
 *
 * Versions 1 to 3. 1: patterns (KIP-290). 2: flexible. 3: users as resources (KIP-373).
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import { type DeleteAclsRequest, type DeleteAclsResponse, deleteAcls } from '../../protocol/index.ts'
import { checkAclCodes } from '../acl-codes.ts'
import type { Handler } from '../handler.ts'

export interface DeleteAclsServices {
  readonly channel: Pick<ControllerChannel, 'deleteAcls'>
}

export function deleteAclsHandler({ channel }: DeleteAclsServices): Handler<DeleteAclsRequest, DeleteAclsResponse> {
  return {
    api: deleteAcls,
    handle(request) {
      for (const { resourceTypeFilter, patternTypeFilter, ...entry } of request.filters) {
        checkAclCodes({ ...entry, resourceType: resourceTypeFilter, patternType: patternTypeFilter })
      }
      return channel.deleteAcls(request)
    },
    fail: ({ filters }, { code, message }) =>
      deleteAcls.response.create({
        filterResults: filters.map(() => ({ errorCode: code, errorMessage: message })),
      }),
  }
}
