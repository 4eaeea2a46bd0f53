/** The code 0 of ACLs, "unknown": a request that has it is no request, and ends its connection as in Kafka. */
import { MalformedError } from '../base/index.ts'

export interface AclCodes {
  readonly resourceType: number
  readonly patternType: number
  readonly operation: number
  readonly permissionType: number
}

/** Throws MalformedError. */
export function checkAclCodes({ resourceType, patternType, operation, permissionType }: AclCodes): void {
  if (resourceType !== 0 && patternType !== 0 && operation !== 0 && permissionType !== 0) return
  throw new MalformedError('an ACL, or a filter of ACLs, has the type, pattern, operation or permission "unknown"')
}
