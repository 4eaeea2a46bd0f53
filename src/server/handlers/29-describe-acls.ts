/**
 * DescribeAcls (29), on brokers and controllers: the ACLs that a filter means, as far as this node has read the metadata.
 * They are not enforced yet.
 *
 * Versions 1 to 3. 1: patterns (KIP-290). 2: flexible. 3: users as resources (KIP-373).
 */
import { ApiError, getOrInsert } from '../../base/index.ts'
import { type BrokerConfig, storesAcls } from '../../config/index.ts'
import { type Acl, aclOf, type MetadataImage, matchesAcl } from '../../metadata/index.ts'
import { type DescribeAclsRequest, type DescribeAclsResponse, describeAcls, ErrorCode } from '../../protocol/index.ts'
import { checkAclCodes } from '../acl-codes.ts'
import type { Handler } from '../handler.ts'

export interface DescribeAclsServices {
  readonly image: () => MetadataImage
  readonly config: () => BrokerConfig
}

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly acls: Omit<Acl, 'resourceType' | 'resourceName' | 'patternType'>[]
}

function byResource(acls: Iterable<Acl>): readonly Resource[] {
  const resources = new Map<string, Resource>()
  for (const acl of acls) {
    const { resourceType, resourceName, patternType, ...entry } = aclOf(acl)
    const key = `${resourceType} ${patternType} ${resourceName}`
    getOrInsert(resources, key, () => ({ resourceType, resourceName, patternType, acls: [] })).acls.push(entry)
  }
  return [...resources.values()]
}

export function describeAclsHandler({
  image,
  config,
}: DescribeAclsServices): Handler<DescribeAclsRequest, DescribeAclsResponse> {
  return {
    api: describeAcls,
    handle(filter) {
      const { resourceTypeFilter, patternTypeFilter, ...entry } = filter
      checkAclCodes({ ...entry, resourceType: resourceTypeFilter, patternType: patternTypeFilter })
      if (!storesAcls(config())) {
        throw new ApiError(ErrorCode.SECURITY_DISABLED, 'No Authorizer is configured on the broker')
      }
      const acls = [...image().acls.values()].filter((acl) => matchesAcl(filter, acl))
      return describeAcls.response.create({ resources: byResource(acls) })
    },
    fail: (_request, { code, message }) => describeAcls.response.create({ errorCode: code, errorMessage: message }),
  }
}
