/** What is asked about client quotas of Kafka and of the broker under test: every kind of entity, of value and of filter. */
import { alterClientQuotas, describeClientQuotas } from '../../src/protocol/index.ts'
import { type Question, question } from './questions.ts'

type Entity = readonly (readonly [type: string, name: string | null])[]
type Ops = Readonly<Record<string, number | null>>

interface Alteration {
  readonly entity: Entity
  readonly ops: Ops | readonly (readonly [string, number | null])[]
}

const entitiesOf = (entity: Entity) => entity.map(([entityType, entityName]) => ({ entityType, entityName }))

const request = (alterations: readonly Alteration[], validateOnly = false) => ({
  entries: alterations.map(({ entity, ops }) => ({
    entity: entitiesOf(entity),
    ops: (Array.isArray(ops) ? ops : Object.entries(ops)).map(([key, value]) => ({
      key,
      value: value ?? 0,
      remove: value === null,
    })),
  })),
  validateOnly,
})

const alter = (label: string, entity: Entity, ops: Alteration['ops']): Question =>
  question(label, alterClientQuotas, request([{ entity, ops }]))

const user: Entity = [['user', 'ann']]
const pair: Entity = [
  ['user', 'ann'],
  ['client-id', 'app'],
]
const rates = { producer_byte_rate: 1024, consumer_byte_rate: 2048 }

const alterations: readonly Question[] = [
  alter('a user', user, rates),
  alter('the same again', user, rates),
  alter('one of two changes', user, { producer_byte_rate: 1024, consumer_byte_rate: 4096 }),
  alter('of a user and a client', pair, { request_percentage: 12.5, controller_mutation_rate: 0.5 }),
  alter('of a client and a user', [...pair].reverse(), { request_percentage: 25 }),
  alter('of the default user', [['user', null]], { controller_mutation_rate: 5 }),
  alter('of the default client', [['client-id', null]], { controller_mutation_rate: 6 }),
  alter(
    'of the default client of a user',
    [
      ['user', 'ann'],
      ['client-id', null],
    ],
    { controller_mutation_rate: 7 },
  ),
  alter(
    'of both defaults',
    [
      ['user', null],
      ['client-id', null],
    ],
    { controller_mutation_rate: 8 },
  ),
  alter('of an address', [['ip', '10.0.0.1']], { connection_creation_rate: 10 }),
  alter('of an address of six', [['ip', '::1']], { connection_creation_rate: 10 }),
  alter('of the default address', [['ip', null]], { connection_creation_rate: 11 }),
  alter('of no address', [['ip', '10.0.0.256']], { connection_creation_rate: 12 }),
  alter('of too many numbers', [['ip', '1.2.3.4.5']], { connection_creation_rate: 12 }),
  alter('of a part of an address', [['ip', '10.1']], { connection_creation_rate: 12 }),
  alter('of no name', [['ip', 'no such host!']], { connection_creation_rate: 12 }),
  alter(
    'of an address and a user',
    [
      ['ip', '10.0.0.1'],
      ['user', 'ann'],
    ],
    { connection_creation_rate: 12 },
  ),
  alter('nothing', [], rates),
  alter('no change', user, {}),
  alter('of a type that nobody knows', [['group', 'g']], rates),
  alter('of an empty type', [['', 'g']], rates),
  alter('of an empty name', [['user', '']], rates),
  alter(
    'of a type twice',
    [
      ['user', 'ann'],
      ['user', 'bob'],
    ],
    rates,
  ),
  alter(
    'of odd names',
    [
      ['user', 'CN=a b,O="c"/%&\u00e9'],
      ['client-id', '<default>'],
    ],
    rates,
  ),
  alter('an unknown key', user, { byte_rate: 1 }),
  alter('a key of addresses', user, { connection_creation_rate: 1 }),
  alter('a key of users', [['ip', '10.0.0.1']], { producer_byte_rate: 1 }),
  alter('an empty key', user, { '': 1 }),
  alter('zero', user, { producer_byte_rate: 0 }),
  alter('less than zero', user, { request_percentage: -1 }),
  alter('a fraction of bytes', user, { producer_byte_rate: 1.5 }),
  alter('nearly whole bytes', user, { producer_byte_rate: 10.0000001 }),
  alter('more than a long holds', user, { producer_byte_rate: 1e19 }),
  alter('as much as a long holds', user, { producer_byte_rate: 2 ** 63 }),
  alter('more than an int holds', [['ip', '10.0.0.1']], { connection_creation_rate: 2 ** 31 }),
  alter('a fraction of connections', [['ip', '10.0.0.1']], { connection_creation_rate: 0.5 }),
  alter('a tiny rate', user, { controller_mutation_rate: 1e-9 }),
  alter('an infinite rate', user, { controller_mutation_rate: Number.POSITIVE_INFINITY }),
  alter('no number, as a rate', user, { request_percentage: Number.NaN }),
  alter('no number, as a rate, again', user, { request_percentage: Number.NaN }),
  alter('a good and a bad one', user, { request_percentage: 50, byte_rate: 1 }),
  alter(
    'a key twice',
    [['user', 'twice']],
    [
      ['producer_byte_rate', 1],
      ['producer_byte_rate', 2],
    ],
  ),
  alter(
    'a key twice, and removed',
    [['user', 'twice']],
    [
      ['producer_byte_rate', null],
      ['producer_byte_rate', 2],
    ],
  ),
  alter('removed that is not there', user, { nothing: null }),
  alter('removed', user, { consumer_byte_rate: null }),
  alter('removed of who is not there', [['user', 'nobody']], { consumer_byte_rate: null }),
  alter('removed of a type that nobody knows', [['group', 'g']], { consumer_byte_rate: null }),
  question(
    'several entities',
    alterClientQuotas,
    request([
      { entity: [['user', 'bob']], ops: rates },
      { entity: [['group', 'bob']], ops: rates },
      { entity: [['user', 'carl']], ops: rates },
    ]),
  ),
  question(
    'an entity twice',
    alterClientQuotas,
    request([
      { entity: [['user', 'dora']], ops: rates },
      { entity: [['user', 'dora']], ops: { producer_byte_rate: 1 } },
    ]),
  ),
  question(
    'an entity three times, first in error',
    alterClientQuotas,
    request([
      { entity: [['user', 'emil']], ops: { nothing: 1 } },
      { entity: [['user', 'emil']], ops: rates },
      { entity: [['user', 'emil']], ops: rates },
    ]),
  ),
  question(
    'an entity twice in another order',
    alterClientQuotas,
    request([
      {
        entity: [
          ['user', 'fay'],
          ['client-id', 'x'],
        ],
        ops: rates,
      },
      {
        entity: [
          ['client-id', 'x'],
          ['user', 'fay'],
        ],
        ops: { producer_byte_rate: 1 },
      },
    ]),
  ),
  question('no entities', alterClientQuotas, request([])),
  question(
    'a try',
    alterClientQuotas,
    request(
      [
        { entity: [['user', 'try']], ops: rates },
        { entity: [], ops: rates },
      ],
      true,
    ),
  ),
  question('by an old client', alterClientQuotas, request([{ entity: [['user', 'old']], ops: rates }]), { version: 0 }),
  question(
    'of the controller',
    alterClientQuotas,
    request([
      { entity: [['user', 'controller']], ops: rates },
      { entity: [['user', '']], ops: rates },
    ]),
    { of: 'controller' },
  ),
]

const exact = 0
const byDefault = 1
const specified = 2
type Component = readonly [type: string, matchType: number, match: string | null]

const filters: readonly (readonly [string, readonly Component[]])[] = [
  ['everything', []],
  ['one user', [['user', exact, 'ann']]],
  ['the default user', [['user', byDefault, null]]],
  ['users', [['user', specified, null]]],
  ['clients', [['client-id', specified, null]]],
  [
    'users and clients',
    [
      ['user', specified, null],
      ['client-id', specified, null],
    ],
  ],
  [
    'one user and clients',
    [
      ['user', exact, 'ann'],
      ['client-id', specified, null],
    ],
  ],
  [
    'one user and the default client',
    [
      ['user', exact, 'ann'],
      ['client-id', byDefault, null],
    ],
  ],
  ['addresses', [['ip', specified, null]]],
  ['one address', [['ip', exact, '10.0.0.1']]],
  ['the default address', [['ip', byDefault, null]]],
  ['nobody', [['user', exact, 'nobody']]],
  ['an empty name', [['user', exact, '']]],
  [
    'an address and a user',
    [
      ['ip', specified, null],
      ['user', specified, null],
    ],
  ],
  [
    'a type twice',
    [
      ['user', exact, 'ann'],
      ['user', specified, null],
    ],
  ],
  ['a type that nobody knows', [['group', specified, null]]],
  ['an empty type', [['', specified, null]]],
  ['exactly nothing', [['user', exact, null]]],
  ['the default with a name', [['user', byDefault, 'ann']]],
  ['any with a name', [['user', specified, 'ann']]],
  ['a way to match that nobody knows', [['user', 9, null]]],
]

const descriptions = filters.flatMap(([label, components]) =>
  [false, true].map((strict) =>
    question(`describe ${label}${strict ? ', strictly' : ''}`, describeClientQuotas, {
      components: components.map(([entityType, matchType, match]) => ({ entityType, matchType, match })),
      strict,
    }),
  ),
)

export const quotaQuestions: readonly Question[] = [
  question('nothing is there', describeClientQuotas, {}),
  ...alterations,
  ...descriptions,
  question('by an old client', describeClientQuotas, {}, { version: 0 }),
]
