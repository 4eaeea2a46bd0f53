/**
 * An ACL and a filter of ACLs, as records and requests hold them: which codes have a meaning, and which ACLs a filter means
 * (KIP-140, KIP-290). Decides nothing about who may do what.
 */
import type { AccessControlEntryRecord, DescribeAclsRequest } from '../protocol/index.ts'

/** Two ACLs are the same when all of these are. */
export type Acl = Omit<AccessControlEntryRecord, 'id' | 'unknownTags'>

/** `null` and the codes of "any" mean everything. The request to describe and the one to delete have the same form. */
export type AclFilter = Omit<DescribeAclsRequest, 'unknownTags'>

/** `ResourceType`, `PatternType`, `AclOperation` and `AclPermissionType` of the wire. */
export const aclResource = { any: 1, topic: 2, cluster: 4, user: 7 } as const
export const aclPattern = { any: 1, match: 2, literal: 3, prefixed: 4 } as const
export const aclOperation = { any: 1, all: 2, twoPhaseCommit: 15 } as const
export const aclPermission = { any: 1, deny: 2, allow: 3 } as const

const isBetween = (code: number, min: number, max: number): boolean => code >= min && code <= max

export const isAclResource = (code: number): boolean => isBetween(code, aclResource.topic, aclResource.user)
export const isAclPattern = (code: number): boolean => isBetween(code, aclPattern.literal, aclPattern.prefixed)
export const isAclOperation = (code: number): boolean => isBetween(code, aclOperation.all, aclOperation.twoPhaseCommit)
export const isAclPermission = (code: number): boolean => isBetween(code, aclPermission.deny, aclPermission.allow)

/** Stands for every name, where the pattern is literal. */
const everyName = '*'

/** Without what else its holder has. */
export const aclOf = (acl: Acl): Acl => ({
  resourceType: acl.resourceType,
  resourceName: acl.resourceName,
  patternType: acl.patternType,
  principal: acl.principal,
  host: acl.host,
  operation: acl.operation,
  permissionType: acl.permissionType,
})

/** The same for the same ACL. */
export const aclKey = (acl: Acl): string => JSON.stringify(Object.values(aclOf(acl)))

/** The only ACL that a filter can mean; undefined: it may mean several. */
export function onlyAclOf(filter: AclFilter): Acl | undefined {
  const { resourceNameFilter: resourceName, principalFilter: principal, hostFilter: host } = filter
  const { resourceTypeFilter: resourceType, patternTypeFilter: patternType, operation, permissionType } = filter
  if (resourceName === null || principal === null || host === null) return undefined
  const isOne =
    isAclResource(resourceType) &&
    isAclPattern(patternType) &&
    isAclOperation(operation) &&
    isAclPermission(permissionType)
  return isOne ? { resourceType, resourceName, patternType, principal, host, operation, permissionType } : undefined
}

/** Codes that nobody knows mean nothing: such a filter matches no ACL. */
export function matchesAcl(filter: AclFilter, acl: Acl): boolean {
  return (
    (filter.resourceTypeFilter === aclResource.any || filter.resourceTypeFilter === acl.resourceType) &&
    (filter.principalFilter === null || filter.principalFilter === acl.principal) &&
    (filter.hostFilter === null || filter.hostFilter === acl.host) &&
    (filter.operation === aclOperation.any || filter.operation === acl.operation) &&
    (filter.permissionType === aclPermission.any || filter.permissionType === acl.permissionType) &&
    matchesPattern(filter, acl)
  )
}

function matchesPattern({ resourceNameFilter: name, patternTypeFilter: type }: AclFilter, acl: Acl): boolean {
  if (type !== aclPattern.any && type !== aclPattern.match && type !== acl.patternType) return false
  if (name === null) return true
  if (type !== aclPattern.match) return name === acl.resourceName
  if (acl.patternType === aclPattern.prefixed) return name.startsWith(acl.resourceName)
  return name === acl.resourceName || acl.resourceName === everyName
}
