/** `odradek acls`: access control lists: which there are, adding to them and taking from them. */
import { type AclBinding, type AclFilter, KafkaError } from '../client/index.ts'
import { type Action, type Asked, runActions } from './client/actions.ts'
import { clientFlagsText } from './client/client-flags.ts'
import type { Given } from './given.ts'
import { printable } from './table.ts'
import { UsageError } from './usage-error.ts'

export const usage = `Usage: odradek acls list [flags]
       odradek acls add --principal USER --operation NAME... RESOURCE [flags]
       odradek acls delete RESOURCE [flags]

RESOURCE is one of --topic, --group, --transactional-id, --user and --cluster. What is not told is any, to list and to delete.

  --topic, --group, --transactional-id, --user NAME
                           of this name; '*' for all
  --cluster                the cluster itself
  --prefixed               all whose names begin so
  --principal NAME         User:alice, or User:* for all
  --operation NAME         read, write, create, delete, alter, describe, ...; add: may be repeated
  --host ADDRESS           from there alone
  --deny                   add: it is forbidden rather than allowed
  --dry-run                delete: tells what would go
  --json                   for programs: one value in a line
${clientFlagsText}`

const flags = {
  topic: { type: 'string' },
  group: { type: 'string' },
  'transactional-id': { type: 'string' },
  user: { type: 'string' },
  cluster: { type: 'boolean' },
  prefixed: { type: 'boolean' },
  principal: { type: 'string' },
  operation: { type: 'string', multiple: true },
  host: { type: 'string' },
  deny: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
} as const

const operations = [
  ...['all', 'read', 'write', 'create', 'delete', 'alter', 'describe', 'cluster-action', 'describe-configs'],
  ...['alter-configs', 'idempotent-write', 'create-tokens', 'describe-tokens', 'two-phase-commit'],
] as const

type Operation = NonNullable<AclFilter['operation']>
const isOperation = (word: string): word is Operation => operations.some((it) => it === word)

function operationsOf(given: Given): readonly Operation[] {
  return given.texts('operation').map((word) => {
    const name = word.toLowerCase().replaceAll('_', '-')
    if (!isOperation(name)) throw new UsageError(`--operation is one of ${operations.join(', ')}, not '${word}'`)
    return name
  })
}

interface Resource {
  readonly resourceType: NonNullable<AclFilter['resourceType']>
  readonly resourceName: string
}

/** Undefined where none is named. Throws UsageError where several are. */
function resourceOf(given: Given): Resource | undefined {
  const types = ['topic', 'group', 'transactional-id', 'user'] as const
  const found: Resource[] = types.flatMap((resourceType) => {
    const resourceName = given.text(resourceType)
    return resourceName === undefined ? [] : [{ resourceType, resourceName }]
  })
  if (given.has('cluster')) found.push({ resourceType: 'cluster', resourceName: 'kafka-cluster' })
  if (found.length > 1) throw new UsageError('one resource is to be named')
  return found[0]
}

function filterOf(given: Given): AclFilter {
  const [operation, another] = operationsOf(given)
  if (another !== undefined) throw new UsageError('one --operation at a time')
  const [principal, host] = [given.text('principal'), given.text('host')]
  return {
    ...resourceOf(given),
    ...(given.has('prefixed') && { patternType: 'prefixed' as const }),
    ...(principal !== undefined && { principal }),
    ...(host !== undefined && { host }),
    ...(operation !== undefined && { operation }),
  }
}

function show(acls: readonly AclBinding[], asked: Asked, text = ''): void {
  const rows = acls.map((it) => [
    ...[it.principal, it.permission ?? 'allow', it.operation, it.host ?? '*'].map(printable),
    printable(`${it.resourceType} ${it.resourceName}${it.patternType === 'prefixed' ? '*' : ''}`),
  ])
  asked.show({ rows: [['PRINCIPAL', 'PERMISSION', 'OPERATION', 'HOST', 'RESOURCE'], ...rows], text, data: acls })
}

async function list(asked: Asked): Promise<undefined> {
  show(await asked.admin.describeAcls(filterOf(asked.given)), asked)
}

async function add(asked: Asked): Promise<undefined> {
  const { admin, given } = asked
  const [resource, principal, wanted] = [resourceOf(given), given.text('principal'), operationsOf(given)]
  if (resource === undefined || principal === undefined || wanted.length === 0) {
    throw new UsageError('add needs --principal, --operation and a resource')
  }
  const acls = wanted.map((operation) => ({
    ...{ ...resource, principal, operation, host: given.text('host') ?? '*' },
    patternType: given.has('prefixed') ? ('prefixed' as const) : ('literal' as const),
    permission: given.has('deny') ? ('deny' as const) : ('allow' as const),
  }))
  await admin.createAcls(acls)
  show(acls, asked)
}

async function remove(asked: Asked): Promise<undefined> {
  const { admin, given } = asked
  const filter = filterOf(given)
  // All of them at once is more likely a slip.
  if (filter.resourceType === undefined && filter.principal === undefined) {
    throw new UsageError('delete needs a resource or --principal')
  }
  if (given.has('dry-run')) {
    show(await admin.describeAcls(filter), asked, 'Nothing was deleted.\n')
    return
  }
  const deleted = [...(await admin.deleteAcls([filter])).values()].flat()
  const gone = deleted.filter((it) => !(it instanceof KafkaError))
  show(gone, asked)
}

const shared = ['topic', 'group', 'transactional-id', 'user', 'cluster', 'prefixed', 'principal', 'operation', 'host']
const actions: Readonly<Record<string, Action>> = {
  list: { names: [0, 0], flags: shared, run: list },
  add: { names: [0, 0], flags: [...shared, 'deny'], run: add },
  delete: { names: [0, 0], flags: [...shared, 'dry-run'], run: remove },
}

export const run = (args: readonly string[]): Promise<number> =>
  runActions({ name: 'acls', usage, flags, actions }, args)
