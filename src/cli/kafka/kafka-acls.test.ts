/** `odradek kafka-acls` before a broker of ours with an authorizer, and before one without. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RunningBroker, startBroker } from '../../stack/index.ts'
import { type Ended, piped } from '../testdata/piped.ts'

let broker: RunningBroker
before(async () => {
  const authorizer = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'
  broker = await startBroker({ config: { 'authorizer.class.name': authorizer } })
})
after(() => broker.stop())

const tool = (line: string, input = ''): Promise<Ended> =>
  piped(['kafka-acls', '--bootstrap-server', broker.bootstrap, ...line.split(' ')], input)

async function told(line: string, input = ''): Promise<string> {
  const { code, stdout, stderr } = await tool(line, input)
  assert.deepEqual([code, stderr], [0, ''], `${line}: ${stdout}`)
  return String(stdout)
}

const topic = (name: string, pattern = 'LITERAL'): string =>
  `ResourcePattern(resourceType=TOPIC, name=${name}, patternType=${pattern})`
const entry = (principal: string, operation: string, permission = 'ALLOW', host = '*'): string =>
  `(principal=${principal}, host=${host}, operation=${operation}, permissionType=${permission})`

test('entries are added, told of when they are there, listed, and removed', async () => {
  const [read, write] = [entry('User:alice', 'READ'), entry('User:alice', 'WRITE')]
  const add = '--add --topic orders --allow-principal User:alice --operation Read'
  assert.equal(await told(add), `Adding ACLs for resource \`${topic('orders')}\`: \n \t${read}\n\n`)
  assert.equal(
    await told(`${add} --operation write`),
    `Acl (pattern=${topic('orders')}, entry=${read}) already exists.\n` +
      `Adding ACLs for resource \`${topic('orders')}\`: \n \t${write}\n\n`,
  )
  const listed = await told('--list --topic orders')
  assert.equal(listed, `Current ACLs for resource \`${topic('orders')}\`:\n\t${read}\n\t${write}\n\n`)
  assert.equal(await told('--list --topic orders --principal User:bob'), 'ACLs for principal `User:bob`\n')
  assert.equal(await told('--list --principal User:alice'), `ACLs for principal \`User:alice\`\n${listed}`)

  const remove = '--remove --topic orders --allow-principal User:alice --operation Read'
  const question = `Are you sure you want to remove ACLs: \n \t${read}\n from resource filter \`${topic('orders')}\`? (y/n)\n`
  assert.equal(await told(remove, 'n\n'), question)
  assert.equal(await told(remove), question)
  assert.equal(await told('--list --topic orders'), listed)
  assert.equal(await told(remove, 'Y\n'), question)
  assert.equal(await told('--list --topic orders'), `Current ACLs for resource \`${topic('orders')}\`:\n\t${write}\n\n`)
  const all = 'Are you sure you want to delete all ACLs for resource filter'
  assert.equal(await told('--remove --topic orders', 'y\n'), `${all} \`${topic('orders')}\`? (y/n)\n`)
  assert.equal(await told('--list'), '')
})

test('of several resources each is asked for, and patterns are told apart', async () => {
  const denied = '--deny-principal User:eve --deny-host 10.0.0.1 --deny-host 10.0.0.2'
  await told(`--add --topic pa --resource-pattern-type prefixed ${denied}`)
  await told('--add --topic pa --topic paid --group g --allow-principal User:* --operation Describe')
  const prefixed = `Current ACLs for resource \`${topic('pa', 'PREFIXED')}\`:\n`
  const rows = ['10.0.0.1', '10.0.0.2'].map((host) => `\t${entry('User:eve', 'ALL', 'DENY', host)}\n`)
  assert.equal(await told('--list --topic pa --resource-pattern-type prefixed'), `${prefixed}${rows.join('')}\n`)
  assert.doesNotMatch(await told('--list --topic pa'), /PREFIXED/)
  assert.match(await told('--list --topic paid --resource-pattern-type MATCH'), /name=pa, patternType=PREFIXED/)
  assert.match(await told('--list --topic pa --resource-pattern-type any'), /PREFIXED.*LITERAL|LITERAL.*PREFIXED/s)
  const asked = await told('--remove --topic pa --topic paid --group g', 'y\nn\ny\n')
  assert.equal(asked.split('\n').length, 4)
  const left = (await told('--list')).match(/^Current .*$/gm)?.toSorted()
  assert.deepEqual(left, [
    `Current ACLs for resource \`${topic('pa', 'PREFIXED')}\`:`,
    `Current ACLs for resource \`${topic('paid')}\`:`,
  ])
  await told('--remove --topic paid --resource-pattern-type match --force')
  assert.equal(await told('--list'), '')
})

test('producers and consumers get what they need', async () => {
  await told('--add --allow-principal User:p --producer --topic t --transactional-id x --idempotent')
  await told('--add --allow-principal User:c --consumer --topic t --group g')
  await told('--add --allow-principal User:b --consumer --producer --topic both --group g')
  const list = (await told('--list')).split('\n')
  const of = (user: string): readonly (string | undefined)[] =>
    list.filter((row) => row.includes(`User:${user},`)).map((row) => /operation=(\w+)/.exec(row)?.[1])
  assert.deepEqual(of('p').toSorted(), ['CREATE', 'DESCRIBE', 'DESCRIBE', 'IDEMPOTENT_WRITE', 'WRITE', 'WRITE'])
  assert.deepEqual(of('c').toSorted(), ['DESCRIBE', 'READ', 'READ'])
  assert.deepEqual(of('b').toSorted(), ['CREATE', 'DESCRIBE', 'READ', 'READ', 'WRITE'])
  await told('--remove --allow-principal User:c --consumer --topic t --group g --force')
  assert.doesNotMatch(await told('--list'), /User:c/)
})

test('what is wrong is refused in the words of the tool', async () => {
  const cases: readonly (readonly [line: string, said: string])[] = [
    ['--force', 'Command must include exactly one action: --list, --add, --remove. '],
    ['--list --add', 'Command must include exactly one action: --list, --add, --remove. '],
    ['--list --allow-principal User:a', `Option "[list]" can't be used with option "[allow-principal]"`],
    ['--add --producer --topic t --operation Read', `Option "[producer]" can't be used with option "[operation]"`],
    ['--add --topic t --principal User:a', 'The --principal option is only available if --list is set'],
    ['--add --producer --group g', 'With --producer you must specify a --topic'],
    ['--add --idempotent --topic g', 'The --idempotent option is only available if --producer is set'],
    [
      '--add --consumer --topic t',
      'With --consumer you must specify a --topic and a --group and no --cluster or --transactional-id option should be specified.',
    ],
    ['--add --topic t', 'You must specify one of: --allow-principal, --deny-principal when trying to add ACLs.'],
    [
      '--add --allow-principal User:a',
      'You must provide at least one resource: --topic <topic> or --cluster or --group <group> or --delegation-token <Delegation Token ID>',
    ],
    [
      '--add --topic t --allow-principal User:a --resource-pattern-type match',
      "A '--resource-pattern-type' value of 'MATCH' is not valid when adding acls.",
    ],
    [
      '--add --group g --allow-principal User:a --operation Dance',
      'ResourceType GROUP only supports operations [READ, DESCRIBE, DELETE, DESCRIBE_CONFIGS, ALTER_CONFIGS, ALL]',
    ],
  ]
  await Promise.all(
    cases.map(async ([line, said]) => {
      const { code, stderr } = await tool(line)
      assert.deepEqual([code, stderr.split('\n')[0]], [1, `odradek kafka-acls: ${said}`], line)
    }),
  )
  for (const [line, said] of [
    [
      '--add --topic t --allow-principal alice',
      'expected a string in format principalType:principalName but got alice',
    ],
    ['--list --resource-pattern-type half', "Cannot parse argument 'half' of option resource-pattern-type"],
  ] as const) {
    const { code, stdout } = await tool(line)
    assert.deepEqual([code, String(stdout)], [1, `Error while executing ACL command: ${said}\n`])
  }
  assert.match((await tool('--list --bootstrap-controller a:1')).stderr, /--bootstrap-controller/)
})

test('a cluster without an authorizer says so', async () => {
  const other = await startBroker()
  try {
    const { code, stdout } = await piped(['kafka-acls', '--bootstrap-server', other.bootstrap, '--list'])
    const what = 'org.apache.kafka.common.errors.SecurityDisabledException: No Authorizer is configured on the broker'
    assert.deepEqual([code, String(stdout)], [1, `Error while executing ACL command: ${what}\n`])
  } finally {
    await other.stop()
  }
})
