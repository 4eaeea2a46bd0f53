/**
 * A registry with ten thousand schemas: how fast they are registered, how long a fresh process takes until it answers for the last of them,
 * and how many look-ups by id it answers; a plain server of `node:http`, with a constant of the same size, is what the platform can do.
 */
import { randomUUID } from 'node:crypto'
import { hrtime } from 'node:process'
import { cpuSeconds } from '../../cpu.ts'
import type { Scenario } from '../../scenario.ts'
import { keepSchemas } from '../../schemas/kept.ts'
import { type Given, manySchemas } from '../../schemas/many.ts'
import { askMany } from '../../schemas/requests.ts'
import { typeOf } from '../../schemas/samples.ts'
import { type Server, startServer } from '../../schemas/servers.ts'
import { spread } from '../../statistics.ts'

const schemaCount = 10_000
/** Of these by requests; the others are written as they would be kept, which takes less time. */
const requestedCount = 1000
const registeringAtOnce = 64
const starts = 3
const connections = 16
const lookUpSeconds = 3

const name = {
  registering: 'schemas registered',
  registeringCpu: 'schemas registered CPU',
  start: 'registry start, 10,000 schemas',
  startCpu: 'registry start, 10,000 schemas CPU',
  lookUps: 'look-ups by id',
  lookUpCpu: 'look-ups by id CPU',
  constant: 'constants by node:http',
  constantCpu: 'constants by node:http CPU',
} as const

async function registerOne(url: string, { subject, format, schema }: Given): Promise<void> {
  const body = JSON.stringify({ schemaType: typeOf(format), schema })
  const answer = await fetch(`${url}/subjects/${subject}/versions`, { method: 'POST', body })
  const told = await answer.text()
  if (!answer.ok) throw new Error(`${subject} is not registered: ${answer.status} ${told}`)
}

/** Seconds; those of one subject in their order. */
async function registerAll(url: string, all: readonly Given[]): Promise<number> {
  const beganNs = hrtime.bigint()
  const lanes = Array.from({ length: registeringAtOnce }, (): Given[] => [])
  const lanesOf = new Map<string, number>()
  for (const given of all) {
    const lane = lanesOf.get(given.subject) ?? lanesOf.size % registeringAtOnce
    lanesOf.set(given.subject, lane)
    lanes[lane]?.push(given)
  }
  await Promise.all(
    lanes.map(async (lane) => {
      for (const given of lane) await registerOne(url, given)
    }),
  )
  return Number(hrtime.bigint() - beganNs) / 1e9
}

interface Rate {
  readonly perSecond: number
  readonly cpuUs: number
}

/** Behind a warm-up. */
async function rate({ port, pid }: Server, seconds: number, ids: number): Promise<Rate> {
  // Each id comes, in an order that is not that of the ids.
  const pathOf = (i: number): string => `/schemas/ids/${1 + ((i * 7919) % ids)}`
  await askMany({ port, connections, seconds: seconds / 2, pathOf })
  const before = cpuSeconds(pid)
  const asked = await askMany({ port, connections, seconds, pathOf })
  return { perSecond: asked.count / asked.seconds, cpuUs: ((cpuSeconds(pid) - before) * 1e6) / asked.count }
}

const median = (values: readonly number[]): number => spread(values)?.median ?? Number.NaN

export const schemaRegistry: Scenario = {
  name: 'schemas/registry',
  figures: [
    { name: name.registering, unit: 'schemas/s' },
    { name: name.registeringCpu, unit: 'us/schema' },
    { name: name.start, unit: 'ms', bar: { kind: 'absolute', bound: 'at-most', value: 2000 } },
    { name: name.startCpu, unit: 'ms' },
    { name: name.lookUps, unit: 'requests/s' },
    { name: name.lookUpCpu, unit: 'us/request' },
    { name: name.constant, unit: 'requests/s' },
    { name: name.constantCpu, unit: 'us/request' },
  ],
  async measure(session) {
    const count = Math.ceil(schemaCount * session.scale)
    const all = manySchemas(count)
    const requested = Math.ceil(requestedCount * session.scale)
    const { bootstrap } = session.broker
    const job = { kind: 'registry', bootstrap, topic: `schemas-${randomUUID()}`, answerSize: 0 } as const
    const figures: Record<string, number> = {}
    {
      await using server = await startServer({ ...job, path: '/subjects' })
      const before = cpuSeconds(server.pid)
      const seconds = await registerAll(`http://127.0.0.1:${server.port}`, all.slice(0, requested))
      figures[name.registering] = requested / seconds
      figures[name.registeringCpu] = ((cpuSeconds(server.pid) - before) * 1e6) / requested
    }
    await keepSchemas(job, all, requested)
    const lastOne = { ...job, path: `/schemas/ids/${count}` }
    const started: { readonly ms: number; readonly cpuMs: number }[] = []
    for (let i = 0; i < starts; i++) {
      await using server = await startServer(lastOne)
      started.push({ ms: server.startMs, cpuMs: server.cpuMs })
    }
    figures[name.start] = median(started.map(({ ms }) => ms))
    figures[name.startCpu] = median(started.map(({ cpuMs }) => cpuMs))
    await using server = await startServer(lastOne)
    await using constant = await startServer({ ...lastOne, kind: 'constant', answerSize: server.answerSize })
    const seconds = lookUpSeconds * session.scale
    const lookUps = await rate(server, seconds, count)
    const constants = await rate(constant, seconds, count)
    return {
      ...figures,
      ...{ [name.lookUps]: lookUps.perSecond, [name.lookUpCpu]: lookUps.cpuUs },
      ...{ [name.constant]: constants.perSecond, [name.constantCpu]: constants.cpuUs },
    }
  },
}
