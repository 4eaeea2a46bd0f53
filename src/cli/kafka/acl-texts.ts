/** Access control lists in the words of Kafka's tool: how it writes them, and which operations a resource knows. */
import type { AclBinding, AclFilter, AclOperation, AclResourceType } from '../../client/index.ts'

/** As Kafka writes the words of its enumerations. */
export const enumText = (word: string): string => word.toUpperCase().replaceAll('-', '_')

export interface Resource {
  readonly resourceType: AclBinding['resourceType']
  readonly resourceName: string
  /** Undefined: any. */
  readonly patternType: AclFilter['patternType'] | 'unknown'
}

export const resourceText = ({ resourceType, resourceName, patternType }: Resource): string =>
  `ResourcePattern(resourceType=${enumText(resourceType)}, name=${resourceName}, patternType=${enumText(patternType ?? 'any')})`

export interface Entry {
  readonly principal: string
  readonly host: string
  readonly operation: AclBinding['operation']
  readonly permission: 'allow' | 'deny' | 'unknown'
}

export const entryText = ({ principal, host, operation, permission }: Entry): string =>
  `(principal=${principal}, host=${host}, operation=${enumText(operation)}, permissionType=${enumText(permission)})`

/** Of each type of resource. */
const supported: Readonly<Record<AclResourceType, readonly AclOperation[]>> = {
  topic: ['read', 'write', 'create', 'describe', 'delete', 'alter', 'describe-configs', 'alter-configs'],
  group: ['read', 'describe', 'delete', 'describe-configs', 'alter-configs'],
  cluster: [
    ...(['create', 'cluster-action', 'describe-configs', 'alter-configs', 'idempotent-write'] as const),
    ...(['alter', 'describe'] as const),
  ],
  'transactional-id': ['describe', 'write', 'two-phase-commit'],
  'delegation-token': ['describe'],
  user: ['create-tokens', 'describe-tokens'],
}

export const operationsOf = (type: AclResourceType): readonly AclOperation[] => [...supported[type], 'all']

const operations: ReadonlySet<AclOperation> = new Set([...Object.values(supported).flat(), 'all' as const])

/** By a name as the tool takes it, `DescribeConfigs` or in other cases; undefined: there is none. */
export function operationNamed(name: string): AclOperation | undefined {
  const wanted = name.trim().toLowerCase()
  return [...operations].find((operation) => operation.replaceAll('-', '') === wanted)
}
