/**
 * CreateAcls (30), on brokers and controllers: the controller decides. What is stored is not enforced yet.
 *
 * Versions 1 to 3. 1: patterns (KIP-290). 2: flexible. 3: users as resources (KIP-373).
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import { type CreateAclsRequest, type CreateAclsResponse, createAcls, ErrorCode } from '../../protocol/index.ts'
import { checkAclCodes } from '../acl-codes.ts'
import type { Handler } from '../handler.ts'

export interface CreateAclsServices {
  readonly channel: Pick<ControllerChannel, 'createAcls'>
}

export function createAclsHandler({ channel }: CreateAclsServices): Handler<CreateAclsRequest, CreateAclsResponse> {
  return {
    api: createAcls,
    handle(request) {
      for (const creation of request.creations)
        checkAclCodes({ ...creation, patternType: creation.resourcePatternType })
      return channel.createAcls(request)
    },
    fail({ creations }, { code, message }) {
      const errorMessage = code === ErrorCode.UNKNOWN_SERVER_ERROR ? null : message
      return createAcls.response.create({ results: creations.map(() => ({ errorCode: code, errorMessage })) })
    },
  }
}
