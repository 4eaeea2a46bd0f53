/** What the flags of `kafka-acls` ask for: which entries on which resources. Pure, but that it throws UsageError and ToolError. */
import type { AclOperation, AclResourceType } from '../../client/index.ts'
import type { Given } from '../given.ts'
import { UsageError } from '../usage-error.ts'
import { enumText, operationNamed, operationsOf, resourceText } from './acl-texts.ts'
import { ToolError } from './tool.ts'

export type Pattern = 'literal' | 'prefixed' | 'match'

export interface AskedResource {
  readonly resourceType: AclResourceType
  readonly resourceName: string
  /** Undefined: any. */
  readonly patternType: Pattern | undefined
}

interface AskedEntry {
  readonly principal: string
  readonly host: string
  readonly operation: AclOperation
  readonly permission: 'allow' | 'deny'
}

export interface AskedAcls {
  readonly resource: AskedResource
  readonly entries: readonly AskedEntry[]
}

const cluster = { resourceType: 'cluster', resourceName: 'kafka-cluster', patternType: 'literal' } as const

/** Literal unless told; undefined: any. */
export function patternOf(given: Given): Pattern | undefined {
  const name = given.text('resource-pattern-type') ?? 'literal'
  switch (name.toLowerCase()) {
    case 'any':
      return undefined
    case 'literal':
      return 'literal'
    case 'prefixed':
      return 'prefixed'
    case 'match':
      return 'match'
    default:
      throw new ToolError(`Cannot parse argument '${name}' of option resource-pattern-type`)
  }
}

/** In the order in which the flags are told here. */
export function resourcesOf(given: Given): readonly AskedResource[] {
  const patternType = patternOf(given)
  const of = (flag: string, resourceType: AclResourceType): readonly AskedResource[] =>
    [...new Set(given.texts(flag).map((it) => it.trim()))].map((resourceName) => ({
      ...{ resourceType, resourceName, patternType },
    }))
  const hasCluster = patternType === 'literal' && (given.has('cluster') || given.has('idempotent'))
  return [
    ...of('topic', 'topic'),
    ...(hasCluster ? [cluster] : []),
    ...of('group', 'group'),
    ...of('transactional-id', 'transactional-id'),
    ...of('delegation-token', 'delegation-token'),
    ...of('user-principal', 'user'),
  ]
}

function neededResources(given: Given): readonly AskedResource[] {
  const resources = resourcesOf(given)
  if (resources.length > 0) return resources
  throw new UsageError(
    'You must provide at least one resource: --topic <topic> or --cluster or --group <group> or --delegation-token ' +
      '<Delegation Token ID>',
  )
}

/** `User:alice` each. */
export function principalsOf(given: Given, flag: string): readonly string[] {
  return given.texts(flag).map((text) => {
    const principal = text.trim()
    if (principal.includes(':')) return principal
    throw new ToolError(`expected a string in format principalType:principalName but got ${principal}`)
  })
}

/** Hosts are all unless told. */
function entriesOf(given: Given, operations: readonly AclOperation[]): readonly AskedEntry[] {
  const all = (['allow', 'deny'] as const).flatMap((permission) => {
    const hosts = given.texts(`${permission}-host`).map((it) => it.trim())
    return principalsOf(given, `${permission}-principal`).flatMap((principal) =>
      operations.flatMap((operation) =>
        (hosts.length === 0 ? ['*'] : hosts).map((host): AskedEntry => ({ principal, host, operation, permission })),
      ),
    )
  })
  return [...new Map(all.map((it) => [JSON.stringify(it), it])).values()]
}

/** By `--operation`; undefined: one that there is not. */
function givenOperations(given: Given): readonly (AclOperation | undefined)[] {
  const names = given.texts('operation')
  return names.length === 0 ? ['all'] : names.map(operationNamed)
}

function checkOperations({ resourceType }: AskedResource, operations: readonly (AclOperation | undefined)[]): void {
  const known = operationsOf(resourceType)
  if (operations.every((it) => it !== undefined && known.includes(it))) return
  const names = known.map(enumText).join(', ')
  throw new UsageError(`ResourceType ${enumText(resourceType)} only supports operations [${names}]`)
}

function byOperation(given: Given): readonly AskedAcls[] {
  const operations = givenOperations(given)
  const entries = entriesOf(
    given,
    operations.filter((it) => it !== undefined),
  )
  return neededResources(given).map((resource) => {
    // An unknown operation is one of some entry only where there is somebody who has it.
    if (entriesOf(given, ['all']).length > 0) checkOperations(resource, operations)
    return { resource, entries }
  })
}

const needs: readonly {
  readonly role: 'producer' | 'consumer'
  readonly type: AclResourceType
  readonly operations: readonly AclOperation[]
}[] = [
  { role: 'producer', type: 'topic', operations: ['write', 'describe', 'create'] },
  { role: 'producer', type: 'transactional-id', operations: ['write', 'describe'] },
  { role: 'consumer', type: 'topic', operations: ['read', 'describe'] },
  { role: 'consumer', type: 'group', operations: ['read'] },
]

/** What producers and consumers need. */
function byRole(given: Given): readonly AskedAcls[] {
  const resources = neededResources(given)
  const asked = new Map<string, { readonly resource: AskedResource; readonly operations: AclOperation[] }>()
  const add = (resource: AskedResource, operations: readonly AclOperation[]): void => {
    const name = resourceText(resource)
    const before = asked.get(name)?.operations ?? []
    asked.set(name, { resource, operations: [...new Set([...before, ...operations])] })
  }
  for (const { role, type, operations } of needs) {
    if (!given.has(role)) continue
    for (const resource of resources) if (resource.resourceType === type) add(resource, operations)
  }
  if (given.has('producer') && given.has('idempotent')) add(cluster, ['idempotent-write'])
  return [...asked.values()].map(({ resource, operations }) => ({ resource, entries: entriesOf(given, operations) }))
}

/** To be added, or removed; where there are no entries all of a resource are meant. */
export const askedAcls = (given: Given): readonly AskedAcls[] =>
  given.has('producer') || given.has('consumer') ? byRole(given) : byOperation(given)
