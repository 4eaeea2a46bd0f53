/**
 * ACLs as records (KIP-140): created, and deleted by filters. One ACL, or one filter, fails for itself; the records of a
 * request are one batch. Without an authorizer in the configuration there are none to change.
 */
import { ApiError, type RandomStream, type Uuid } from '../../base/index.ts'
import { storesAcls } from '../../config/index.ts'
import {
  accessControlEntryRecord,
  type CreateAclsRequest,
  type CreateAclsResponse,
  createAcls,
  type DeleteAclsRequest,
  type DeleteAclsResponse,
  deleteAcls,
  ErrorCode,
  removeAccessControlEntryRecord,
} from '../../protocol/index.ts'
import {
  type Acl,
  type AclFilter,
  aclKey,
  aclOf,
  aclOperation,
  aclPattern,
  aclPermission,
  aclResource,
  isAclOperation,
  isAclPattern,
  isAclPermission,
  isAclResource,
  matchesAcl,
  onlyAclOf,
} from '../acl.ts'
import type { MetadataRecord } from '../record.ts'
import type { ControllerState } from './controller-state.ts'
import { atomically, type Decision, recordsPerRequestMax, tooManyRecords } from './decision.ts'
import { newId } from './new-id.ts'
import type { Settings } from './settings.ts'

type Creation = CreateAclsRequest['creations'][number]
type FilterResult = DeleteAclsResponse['filterResults'][number]

/** Pairs of a filter and an ACL that one request may have looked at, unless it has one filter alone. */
const comparisonsMax = 5_000_000
/** Of all filters of a request: every one of them may list the same ACLs. */
const listedMax = 100_000
const clusterName = 'kafka-cluster'

const invalid = (reason: string): ApiError => new ApiError(ErrorCode.INVALID_REQUEST, reason)

const tooManyFilters = (): ApiError =>
  new ApiError(
    ErrorCode.POLICY_VIOLATION,
    'The filters of one request mean too many ACLs: ask with one filter at a time.',
  )

/** Kafka knows no name for what has no meaning here. */
const unknown = 'UNKNOWN'

/** "Any" is for filters: as in Kafka the whole request fails then, with no reason given. */
const isForFilters = ({ resourceType, resourcePatternType, operation, permissionType }: Creation): boolean =>
  resourceType === aclResource.any ||
  resourcePatternType === aclPattern.any ||
  resourcePatternType === aclPattern.match ||
  operation === aclOperation.any ||
  permissionType === aclPermission.any

/** Kafka's order. Undefined: nothing is wrong with it. */
function refusal(acl: Acl): string | undefined {
  if (acl.resourceType === aclResource.cluster && acl.resourceName !== clusterName) {
    return `The only valid name for the CLUSTER resource is ${clusterName}`
  }
  if (acl.resourceName === '') return 'Invalid empty resource name'
  if (!isAclResource(acl.resourceType)) return `Invalid resourceType ${unknown}`
  if (!isAclPattern(acl.patternType)) return `Invalid patternType ${unknown}`
  if (!isAclOperation(acl.operation)) return `Invalid operation ${unknown}`
  if (!isAclPermission(acl.permissionType)) return `Invalid permissionType ${unknown}`
  if (acl.principal.includes(':')) return undefined
  const why = 'no colon is present separating the principal type from the principal name'
  return `Could not parse principal from \`${acl.principal}\` (${why})`
}

function filterRefusal(filter: AclFilter): string | undefined {
  const { resourceTypeFilter: type, patternTypeFilter: pattern, operation, permissionType } = filter
  const isPattern = pattern === aclPattern.any || pattern === aclPattern.match || isAclPattern(pattern)
  if (!isPattern || (type !== aclResource.any && !isAclResource(type))) return 'Unknown patternFilter.'
  const isOperation = operation === aclOperation.any || isAclOperation(operation)
  const isPermission = permissionType === aclPermission.any || isAclPermission(permissionType)
  return isOperation && isPermission ? undefined : 'Unknown entryFilter.'
}

export class Acls {
  readonly #state: ControllerState
  readonly #settings: Settings
  readonly #random: RandomStream

  constructor(options: {
    readonly state: ControllerState
    readonly settings: Settings
    readonly random: RandomStream
  }) {
    this.#state = options.state
    this.#settings = options.settings
    this.#random = options.random
  }

  #checkAuthorizer(): void {
    if (storesAcls(this.#settings.static)) return
    throw new ApiError(ErrorCode.SECURITY_DISABLED, 'No Authorizer is configured.')
  }

  /** Throws ApiError 54, 44, or -1. */
  create({ creations }: CreateAclsRequest): Decision<CreateAclsResponse> {
    this.#checkAuthorizer()
    if (creations.some(isForFilters)) {
      throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, 'An ACL is of one type, one pattern, one operation')
    }
    const made = new Map<string, Acl>()
    const results = creations.map((creation) => {
      const acl = aclOf({ ...creation, patternType: creation.resourcePatternType })
      const reason = refusal(acl)
      if (reason !== undefined) return failure(invalid(reason))
      const key = aclKey(acl)
      if (!this.#state.aclIds.has(key)) made.set(key, acl)
      return {}
    })
    if (made.size > recordsPerRequestMax) throw tooManyRecords()
    const records = Array.from(made.values(), (acl): MetadataRecord => {
      const id = newId(this.#random, (it) => this.#state.acls.has(it))
      return { kind: 'accessControlEntry', value: accessControlEntryRecord.create({ id, ...acl }) }
    })
    return atomically(records, createAcls.response.create({ results }))
  }

  /** Throws ApiError 54, 44, or 42 where one request would delete too many. */
  delete({ filters }: DeleteAclsRequest): Decision<DeleteAclsResponse> {
    this.#checkAuthorizer()
    const broad = filters.filter((filter) => onlyAclOf(filter) === undefined)
    if (broad.length > 1 && broad.length * this.#state.acls.size > comparisonsMax) throw tooManyFilters()
    const deleted = new Map<Uuid, MetadataRecord>()
    let listed = 0
    const filterResults = filters.map((filter): Partial<FilterResult> => {
      const reason = filterRefusal(filter)
      if (reason !== undefined) return failure(invalid(reason))
      const matching = this.#matching(filter)
      listed += matching.length
      for (const { id } of matching) {
        const value = removeAccessControlEntryRecord.create({ id })
        deleted.set(id, { kind: 'removeAccessControlEntry', value })
      }
      if (deleted.size > recordsPerRequestMax) {
        throw invalid(`Cannot remove more than ${recordsPerRequestMax} acls in a single delete operation.`)
      }
      if (listed > listedMax) throw tooManyFilters()
      return { errorMessage: null, matchingAcls: matching.map((acl) => ({ ...aclOf(acl), ...noError })) }
    })
    return atomically([...deleted.values()], deleteAcls.response.create({ filterResults }))
  }

  #matching(filter: AclFilter) {
    const only = onlyAclOf(filter)
    if (only === undefined) return [...this.#state.acls.values()].filter((acl) => matchesAcl(filter, acl))
    const id = this.#state.aclIds.get(aclKey(only))
    const acl = id === undefined ? undefined : this.#state.acls.get(id)
    return acl === undefined ? [] : [acl]
  }
}

const noError = { errorCode: ErrorCode.NONE, errorMessage: null }
const failure = ({ code, message }: ApiError) => ({ errorCode: code, errorMessage: message })
