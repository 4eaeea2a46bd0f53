/**
 * `npm run bench`: Apache Kafka 4.3.1 and Odradek in turns on this machine, with the figures that Odradek is held to.
 *
 *   --rounds N       rounds of both (3). Figures that are to be kept, as those of issue 11, are medians of nine: that takes hours
 *                    with all scenarios, so one folder or scenario at a time, such as `--rounds 9 --only produce`
 *   --only NAME      one scenario, or a folder of them (produce, groups); may be repeated
 *   --skip-odradek   Kafka alone: proves the generator and the machine
 *   --skip-kafka     Odradek alone, where it is not held to Kafka: clients, schemas
 *   --quick          a tenth of the load, no memory touching: proves that all works, its figures say nothing
 *   --json           the raw figures of each round
 *
 * Ends with status 1 when a bar is missed.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Broker } from './broker.ts'
import { guard } from './guard.ts'
import { type KafkaOptions, startKafka } from './kafka.ts'
import { ping, prepareLoad } from './loadgen.ts'
import { neutralise } from './machine.ts'
import { type OdradekOptions, startOdradek } from './odradek.ts'
import { PageCache } from './page-cache.ts'
import { cache } from './paths.ts'
import { type Figures, type Round, report } from './report.ts'
import { type Scenario, Session } from './scenario.ts'
import { clientConsume } from './scenarios/clients/consume.ts'
import { clientImport } from './scenarios/clients/import.ts'
import { clientLatency } from './scenarios/clients/latency.ts'
import { clientMemory } from './scenarios/clients/memory.ts'
import { clientProduce } from './scenarios/clients/produce.ts'
import { codecs } from './scenarios/codecs.ts'
import { compaction } from './scenarios/compaction.ts'
import { endToEnd } from './scenarios/end-to-end.ts'
import { fetch } from './scenarios/fetch.ts'
import { classicGroups } from './scenarios/groups/classic.ts'
import { consumerGroups } from './scenarios/groups/consumer.ts'
import { memoryOfConnections } from './scenarios/memory/connections.ts'
import { memoryOfPartitions } from './scenarios/memory/partitions.ts'
import { memoryRetained } from './scenarios/memory/retained.ts'
import { memoryIdle, memoryLoaded } from './scenarios/memory.ts'
import { manyPartitions, recovery } from './scenarios/opening.ts'
import { produce } from './scenarios/produce.ts'
import { failover } from './scenarios/quorum/failover.ts'
import { controllerPartitions } from './scenarios/quorum/partitions.ts'
import { creation, creationInQuorum } from './scenarios/quorum/topics.ts'
import { replicationIdle } from './scenarios/replication/idle.ts'
import { replicationLoad } from './scenarios/replication/load.ts'
import { requests } from './scenarios/requests.ts'
import { schemaRegistry } from './scenarios/schemas/registry.ts'
import { schemaSerdes } from './scenarios/schemas/serdes.ts'
import { fetchSession, produceToMany } from './scenarios/spread.ts'
import { start } from './scenarios/start.ts'
import { startBroker } from './scenarios/start-broker.ts'
import { startWithPartitions } from './scenarios/start-partitions.ts'
import { tail } from './scenarios/tail.ts'
import { secondNode } from './scenarios/two-nodes.ts'

/** In this order within a session: what needs a fresh broker first. */
const scenarios: readonly Scenario[] = [
  start,
  startBroker,
  memoryIdle,
  startWithPartitions,
  ...produce,
  fetch,
  ...tail,
  ...requests,
  ...endToEnd,
  produceToMany,
  fetchSession,
  ...codecs,
  memoryLoaded,
  compaction,
  recovery,
  memoryRetained,
  memoryOfConnections,
  memoryOfPartitions,
  clientImport,
  clientLatency,
  clientProduce,
  clientConsume,
  clientMemory,
  schemaSerdes,
  schemaRegistry,
  classicGroups,
  consumerGroups,
  manyPartitions,
  creation,
  creationInQuorum,
  controllerPartitions,
  failover,
  replicationLoad,
  replicationIdle,
  secondNode,
]
const folder = join(cache, 'bench')
const isMeant = (scenario: Scenario, name: string): boolean =>
  scenario.name === name || scenario.name.startsWith(`${name}/`)
const say = (text: string): boolean => process.stderr.write(`${text}\n`)

interface Plan {
  readonly scenarios: readonly Scenario[]
  readonly scale: number
  readonly pageCache: PageCache | undefined
}

async function session(broker: Broker, plan: Plan): Promise<Figures> {
  const figures: Record<string, number> = {}
  const session = new Session({ broker, ...plan })
  try {
    for (const scenario of plan.scenarios) {
      say(`  ${broker.name}: ${scenario.name}`)
      session.pageCache?.fill()
      Object.assign(figures, await scenario.measure(session))
    }
  } finally {
    await session.broker.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return figures
}

interface Skipped {
  readonly kafka: boolean
  readonly odradek: boolean
}

/** Who is alone in a group waits for nobody: what clients read is measured from when they are told to. */
const settings = { 'group.initial.rebalance.delay.ms': '0' }

async function round(plan: Plan, skipped: Skipped): Promise<Round> {
  const optionsFor = (name: string): KafkaOptions & OdradekOptions => ({ folder: join(folder, name), ping, settings })
  const kafka = skipped.kafka ? {} : await session(await startKafka(optionsFor('kafka')), plan)
  if (skipped.odradek) return { kafka }
  return { kafka, odradek: await session(await startOdradek(optionsFor('odradek')), plan) }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', multiple: true },
      'skip-odradek': { type: 'boolean', default: false },
      'skip-kafka': { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      generator: { type: 'string' },
      guard: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
    },
  })
  if (values.guard) return guard({ record: values.record })
  const names = values.only ?? scenarios.map(({ name }) => name)
  const unknown = names.filter((name) => !scenarios.some((scenario) => isMeant(scenario, name)))
  if (unknown.length > 0)
    throw new Error(`no such scenario: ${unknown}; there are ${scenarios.map(({ name }) => name)}`)
  const chosen = scenarios.filter((scenario) => names.some((name) => isMeant(scenario, name)))
  mkdirSync(folder, { recursive: true })
  const generator = await prepareLoad(values.generator)
  say(`load by the generator in ${generator === 'c' ? 'C' : 'Node'}`)
  const machine = values.quick ? undefined : neutralise(folder)
  if (machine?.isFit === false) {
    say(
      `This machine is not fit for measuring: writing costs ${machine.writeSystemSecondsPerGb.toFixed(2)} s of system`,
    )
    say('time per GB. Free memory, run again, and distrust the figures below.')
  }
  const pageCache = values.quick ? undefined : new PageCache(cache)
  const plan = { scenarios: chosen, scale: values.quick ? 0.1 : 1, pageCache }
  const rounds: Round[] = []
  for (let i = 1; i <= Number(values.rounds); i++) {
    say(`round ${i} of ${values.rounds}`)
    rounds.push(await round(plan, { kafka: values['skip-kafka'], odradek: values['skip-odradek'] }))
  }
  const figures = chosen.flatMap((scenario) => scenario.figures)
  const { text, missed } = report(figures, rounds)
  process.stdout.write(
    values.json ? `${JSON.stringify({ machine, generator, rounds, missed }, undefined, 2)}\n` : `${text}\n`,
  )
  return missed.length > 0 ? 1 : 0
}

process.exitCode = await main()
