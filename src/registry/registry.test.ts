/** Who writes only while it leads: before, in between, and behind it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WorkersBusyError } from '../base/index.ts'
import { guidOf } from './fingerprint.ts'
import type { Term } from './leader/leadership.ts'
import { type Reply, registryStage } from './testdata/stage.ts'

class Leads {
  term: Term | undefined
}

/** What is decided on by itself is written. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

const sure = (sureMs = 10_000): { sureMs: number } => ({ sureMs })
const codeOf = ({ body }: Reply): unknown => (body as { readonly error_code?: number }).error_code

function led() {
  const leadership = new Leads()
  const stage = registryStage([], leadership)
  const register = (subject: string, schema: string) => stage.post(`/subjects/${subject}/versions`, { schema })
  return { ...stage, leadership, register }
}

test('who does not lead writes nothing', async () => {
  const { leadership, register, log, put, delete: remove } = led()
  const writes = [() => register('s', 'a'), () => put('/config', { compatibility: 'NONE' }), () => remove('/config')]
  for (const write of writes) assert.equal(codeOf(await write()), 50_004)
  assert.deepEqual(log, [])
  leadership.term = sure()
  assert.equal((await register('s', 'a')).status, 200)
})

test('in each term all that was written before is read first, once', async () => {
  const { leadership, register, catchUps } = led()
  for (const count of [1, 2]) {
    leadership.term = sure()
    await register('s', `a${count}`)
    await register('s', `a${count} b`)
    assert.equal(catchUps(), count)
  }
})

test('who has ceased to lead while it caught up decides on nothing', async () => {
  const { leadership, register, log, caughtUp } = led()
  leadership.term = sure()
  caughtUp(() => {
    leadership.term = undefined
  })
  assert.equal(codeOf(await register('s', 'a')), 50_004)
  assert.deepEqual(log, [])
})

test('nobody begins a write that might end behind its leading', async () => {
  const { leadership, register, log } = led()
  leadership.term = sure(999)
  assert.equal(codeOf(await register('s', 'a')), 50_004)
  assert.deepEqual(log, [])
  leadership.term = sure(1000)
  assert.equal((await register('s', 'a')).status, 200)
})

test('who may have ceased to lead while it wrote does not say that it was kept', async () => {
  const { leadership, register, appending } = led()
  const term = sure()
  leadership.term = term
  appending(() => {
    term.sureMs = 0
  })
  assert.equal(codeOf(await register('s', 'a')), 50_001)
})

test('what is there already needs no certainty', async () => {
  const { leadership, register, registry } = led()
  leadership.term = sure()
  const first = await register('s', 'a')
  leadership.term = undefined
  const content = { schemaType: 'AVRO', schema: 'a', references: [], metadata: undefined, ruleSet: undefined }
  const request = { subject: 's', content, version: undefined, id: undefined, normalize: false }
  assert.equal((await registry.registered(request))?.id, (first.body as { readonly id: number }).id)
  assert.equal(await registry.registered({ ...request, subject: 't' }), undefined)
})

/** What a leader of before has decided on, as if nothing had happened meanwhile. */
function late(stage: ReturnType<typeof led>, version: number, id: number, text: string): void {
  const content = { schemaType: 'AVRO', schema: text, references: [], metadata: undefined, ruleSet: undefined }
  const kept = { ...content, subject: 's', version, id, guid: guidOf(content), deleted: false, timestampMs: 0 }
  stage.write({ kind: 'schema', subject: 's', version, value: kept })
}

/** Of a registry that reads the topic when it was compacted: of each key the last record alone. */
async function afterCompaction({ log }: ReturnType<typeof led>): Promise<readonly string[]> {
  const last = new Map(log.map((record) => [record.key, record]))
  const compacted = log.filter((record) => last.get(record.key) === record)
  const { registry } = registryStage(compacted)
  await registry.open()
  return registry.state.versions('s').map(({ version, id, schema }) => `${version}: ${id} ${schema}`)
}

test('what comes too late in the place of another version is undone, also where the topic is compacted', async () => {
  const stage = led()
  stage.leadership.term = sure()
  await stage.register('s', 'a')
  await stage.register('s', 'a b')
  late(stage, 2, 3, 'a c')
  await turn()
  assert.deepEqual(await afterCompaction(stage), ['1: 1 a', '2: 2 a b'])
  assert.match(stage.left.join(), /came too late .* version 2 is written anew/)
  assert.deepEqual((await stage.get('/schemas/ids/2/schema')).body, 'a b')
})

test('what comes too late with the id of another schema is taken out again', async () => {
  const stage = led()
  stage.leadership.term = sure()
  await stage.register('s', 'a')
  await stage.register('s', 'a b')
  late(stage, 3, 2, 'a c')
  await turn()
  // Written anew behind it: now the other one would be read first.
  await stage.delete('/subjects/s/versions/2')
  assert.deepEqual(await afterCompaction(stage), ['1: 1 a', '2: 2 a b'])
})

test('what contradicts nothing stays, and so does all that was written before this instance has decided on anything', async () => {
  const stage = led()
  stage.leadership.term = sure()
  await stage.register('s', 'a')
  late(stage, 2, 2, 'a b')
  stage.leadership.term = sure()
  late(stage, 2, 3, 'a c')
  await turn()
  assert.deepEqual(await afterCompaction(stage), ['1: 1 a', '2: 3 a c'])
  assert.deepEqual(stage.left, [])
})

test('who leads no more contradicts nobody', async () => {
  const stage = led()
  stage.leadership.term = sure()
  await stage.register('s', 'a')
  stage.leadership.term = undefined
  late(stage, 1, 2, 'b')
  await turn()
  assert.deepEqual(await afterCompaction(stage), ['1: 2 b'])
})

test('what others have written while a schema was compared counts', async () => {
  const stage = led()
  stage.leadership.term = sure()
  await stage.register('s', 'a')
  let isFirst = true
  stage.working((job) => {
    if (job === 'schema-compare' && isFirst) late(stage, 2, 2, 'a b')
    if (job === 'schema-compare') isFirst = false
  })
  const { body } = await stage.register('s', 'a c')
  assert.equal(codeOf({ status: 409, body, contentType: '' }), 40_901)
  assert.match(JSON.stringify(body), /'b' is not known.*oldSchemaVersion: 2/)
})

test('what was refused is decided anew, where it is another question by then', async () => {
  const stage = led()
  stage.leadership.term = sure()
  await stage.register('s', 'a')
  stage.working((job) => {
    if (job === 'schema-compare') stage.write({ kind: 'config', subject: 's', value: { compatibilityLevel: 'NONE' } })
  })
  assert.equal((await stage.register('s', 'b')).status, 200)
  assert.equal(codeOf(await stage.register('s', '!')), 42_201)
  stage.write({ kind: 'config', subject: 's', value: undefined })
  stage.working(() => {
    stage.leadership.term = undefined
  })
  assert.equal(codeOf(await stage.register('s', 'c')), 50_004)
})

test('who ceases to lead does not wait for what is compared, which writes nothing then', async () => {
  const stage = led()
  stage.leadership.term = sure()
  await stage.register('s', 'a')
  const { promise: compared, resolve } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  stage.working(() => {
    begin()
    return compared
  })
  const registering = stage.register('s', 'a b')
  await begun
  stage.leadership.term = undefined
  await stage.registry.written()
  resolve()
  assert.equal(codeOf(await registering), 50_004)
  assert.equal(stage.log.length, 1)
})

test('who ceases to lead waits for what is on its way to the log', async () => {
  const stage = led()
  stage.leadership.term = sure()
  const { promise: appended, resolve } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  stage.appending(() => {
    begin()
    return appended
  })
  const registering = stage.register('s', 'a')
  await begun
  let isOver = false
  const over = stage.registry.written().then(() => {
    isOver = true
  })
  await turn()
  assert.equal(isOver, false)
  resolve()
  await over
  assert.equal((await registering).status, 200)
})

test('who does not lead only looks for what is there, and compares nothing', async () => {
  const { leadership, register, registry, working } = led()
  leadership.term = sure()
  await register('s', 'a')
  const jobs: string[] = []
  working((job) => jobs.push(job))
  const content = { schemaType: 'AVRO', schema: 'b', references: [], metadata: undefined, ruleSet: undefined }
  const request = { subject: 's', content, version: undefined, id: undefined, normalize: false }
  assert.equal(await registry.registered(request), undefined)
  assert.deepEqual(jobs, ['schema-read'])
})

test('where others write all the while, nothing is decided', async () => {
  const stage = led()
  stage.leadership.term = sure()
  await stage.register('s', 'a')
  let others = 0
  stage.working(() => stage.write({ kind: 'mode', subject: `other${others++}`, value: 'READWRITE' }))
  assert.equal(codeOf(await stage.register('s', 'a b')), 50_002)
  assert.equal(stage.registry.state.versions('s').length, 1)
})

test('who has ceased to lead while a schema was compared writes nothing', async () => {
  const stage = led()
  stage.leadership.term = sure()
  await stage.register('s', 'a')
  stage.working(() => {
    stage.leadership.term = undefined
  })
  assert.equal(codeOf(await stage.register('s', 'a b')), 50_004)
  assert.equal(stage.log.length, 1)
})

test('where too many schemas wait, or the thread ends, that is told, and nothing is written', async () => {
  const stage = led()
  stage.leadership.term = sure()
  const failures = [new WorkersBusyError('100 jobs wait already'), new Error('the thread ended')]
  stage.working(() => {
    const failure = failures.shift()
    if (failure !== undefined) throw failure
  })
  assert.equal(codeOf(await stage.register('s', 'a')), 50_002)
  assert.equal(codeOf(await stage.register('s', 'a')), 500)
  assert.deepEqual(stage.log, [])
  assert.equal((await stage.register('s', 'a')).status, 200)
})
