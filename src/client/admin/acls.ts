/** Access control lists: which there are, making them and taking them away (KIP-140, 290). */
import {
  createAcls as createApi,
  type DeleteAclsResponse,
  deleteAcls as deleteApi,
  describeAcls as describeApi,
  ErrorCode,
} from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'
import { type AclOperation, operationCodes } from './acl-operations.ts'
import type { CallOptions } from './admin-options.ts'
import { codeOf, wordOf } from './codes.ts'
import { anyBroker, movedController } from './places.ts'
import { failureOf } from './results.ts'
import type { Routing } from './routing.ts'

const resourceCodes = { topic: 2, group: 3, cluster: 4, 'transactional-id': 5, 'delegation-token': 6, user: 7 } as const
const patternCodes = { literal: 3, prefixed: 4 } as const
const permissionCodes = { deny: 2, allow: 3 } as const

export type AclResourceType = keyof typeof resourceCodes

export interface AclBinding {
  readonly resourceType: AclResourceType | 'unknown'
  /** `*`: all of the type; of the cluster `kafka-cluster`. */
  readonly resourceName: string
  /** `prefixed`: all whose names begin so. Default `literal`. */
  readonly patternType?: keyof typeof patternCodes | 'unknown'
  /** `User:alice`; `User:*` for all. */
  readonly principal: string
  /** An address; `*`, the default: all. */
  readonly host?: string
  readonly operation: AclOperation | 'unknown'
  /** Default `allow`. */
  readonly permission?: keyof typeof permissionCodes | 'unknown'
}

/** Which are meant; what is left out is any. */
export interface AclFilter {
  readonly resourceType?: AclResourceType
  readonly resourceName?: string
  /** `match`: also those with a prefix, or `*`, that hold for `resourceName`. Default any. */
  readonly patternType?: keyof typeof patternCodes | 'match'
  readonly principal?: string
  readonly host?: string
  readonly operation?: AclOperation
  readonly permission?: keyof typeof permissionCodes
}

const anyCode = 1
const filterPatterns = { ...patternCodes, match: 2 } as const

/** By what results about them are found: `allow User:alice read literal topic:orders from *`, in a filter with `any` for what is left out. */
export const aclText = (it: AclBinding | AclFilter): string =>
  [
    it.permission ?? 'any',
    it.principal ?? 'any',
    it.operation ?? 'any',
    it.patternType ?? 'any',
    `${it.resourceType ?? 'any'}:${it.resourceName ?? 'any'}`,
    'from',
    it.host ?? 'any',
  ].join(' ')

const filled = (acl: AclBinding) => ({ patternType: 'literal', host: '*', permission: 'allow', ...acl }) as const

const filterForm = (it: AclFilter) => ({
  resourceTypeFilter: it.resourceType === undefined ? anyCode : codeOf(resourceCodes, it.resourceType, 'resourceType'),
  resourceNameFilter: it.resourceName ?? null,
  patternTypeFilter: it.patternType === undefined ? anyCode : codeOf(filterPatterns, it.patternType, 'patternType'),
  principalFilter: it.principal ?? null,
  hostFilter: it.host ?? null,
  operation: it.operation === undefined ? anyCode : codeOf(operationCodes, it.operation, 'operation'),
  permissionType: it.permission === undefined ? anyCode : codeOf(permissionCodes, it.permission, 'permission'),
})

interface Told {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

const bindingOf = (told: Told): Required<AclBinding> => ({
  resourceType: wordOf(resourceCodes, told.resourceType),
  resourceName: told.resourceName,
  patternType: wordOf(patternCodes, told.patternType),
  principal: told.principal,
  host: told.host,
  operation: wordOf(operationCodes, told.operation),
  permission: wordOf(permissionCodes, told.permissionType),
})

export function describeAcls(
  routing: Routing,
  filter: AclFilter,
  options: CallOptions,
): Promise<readonly Required<AclBinding>[]> {
  return routing.one({
    deadline: routing.deadline('describeAcls', options),
    place: anyBroker,
    passes: movedController,
    ask: async (to) => {
      const { errorCode, errorMessage, resources } = await to.send(describeApi, filterForm(filter))
      if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, 'describeAcls', errorMessage)
      return resources.flatMap(({ acls, ...resource }) => acls.map((acl) => bindingOf({ ...resource, ...acl })))
    },
  })
}

/** A word that a newer broker has told cannot be sent back. */
const known = <W extends string>(word: W | 'unknown'): W => word as W

const creationForm = (acl: AclBinding) => {
  const { resourceType, resourceName, patternType, principal, host, operation, permission } = filled(acl)
  return {
    resourceType: codeOf(resourceCodes, known(resourceType), 'resourceType'),
    resourceName,
    resourcePatternType: codeOf(patternCodes, known(patternType), 'patternType'),
    principal,
    host,
    operation: codeOf(operationCodes, known(operation), 'operation'),
    permissionType: codeOf(permissionCodes, known(permission), 'permission'),
  }
}

export function createAcls(routing: Routing, acls: readonly AclBinding[], options: CallOptions) {
  const keyOf = (acl: AclBinding): string => aclText(filled(acl))
  return routing.settle(acls, {
    deadline: routing.deadline('createAcls', options),
    place: anyBroker,
    passes: movedController,
    keyOf,
    ask: async (to, them) => {
      const { results } = await to.send(createApi, { creations: them.map(creationForm) })
      // In the order of the request.
      return results.flatMap(({ errorCode, errorMessage }, i) => {
        const acl = them[i]
        if (acl === undefined) return []
        return [[keyOf(acl), failureOf(errorCode, keyOf(acl), errorMessage)] as const]
      })
    },
  })
}

export function deleteAcls(routing: Routing, filters: readonly AclFilter[], options: CallOptions) {
  return routing.settle(filters, {
    deadline: routing.deadline('deleteAcls', options),
    place: anyBroker,
    passes: movedController,
    keyOf: aclText,
    ask: async (to, them) => {
      const { filterResults } = await to.send(deleteApi, { filters: them.map(filterForm) })
      return filterResults.flatMap((told, i) => {
        const filter = them[i]
        return filter === undefined ? [] : [[aclText(filter), deletedBy(told, aclText(filter))] as const]
      })
    },
  })
}

/** The error of one that matches, and was not deleted, is that of the filter. */
function deletedBy(
  { errorCode, errorMessage, matchingAcls }: DeleteAclsResponse['filterResults'][number],
  text: string,
): readonly Required<AclBinding>[] | KafkaError {
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, text, errorMessage)
  const failed = matchingAcls.find((it) => it.errorCode !== ErrorCode.NONE)
  if (failed !== undefined) return KafkaError.of(failed.errorCode, aclText(bindingOf(failed)), failed.errorMessage)
  return matchingAcls.map(bindingOf)
}
