/**
 * Every string of every request as long as a string can be, every payload larger than a log takes, one at a time: what
 * is made of them (messages, ids, records) must still fit, or be refused. Chance would never make them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader, Writer } from '../../src/base/index.ts'
import { apisByKey } from '../../src/protocol/index.ts'
import { frame } from '../wire.ts'
import { Faults } from './kit.ts'
import { liveSamples, type Sample } from './live-requests.ts'
import { livingIn } from './living.ts'

const longest = 'x'.repeat(32_767)
const large = Buffer.alloc(2_000_000, 7)

/** A copy for each string and each payload in `value`, with that one replaced. */
function* replaced(value: unknown): Generator<unknown> {
  if (typeof value === 'string') yield longest
  else if (value instanceof Uint8Array) yield large
  else if (Array.isArray(value)) {
    for (const [i, element] of value.entries()) {
      for (const other of replaced(element)) yield value.with(i, other)
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, field] of Object.entries(value)) {
      // An id is a string of 16 bytes here, and has no length on the wire.
      if (/^(topicId|unknownTags)$/.test(key)) continue
      for (const other of replaced(field)) yield { ...value, [key]: other }
    }
  }
}

function* longer({ apiKey, version, body }: Sample): Generator<Buffer> {
  const request = apisByKey.get(apiKey)?.request
  assert.ok(request)
  for (const other of replaced(request.decode(new Reader(body), version))) {
    const writer = new Writer()
    request.encode(writer, version, request.create(other as object))
    const bytes = writer.finishAsOne()
    // A field that the version does not have changes nothing.
    if (!bytes.equals(body)) yield frame({ apiKey, version }, (whole) => whole.bytes(bytes))
  }
}

/** The oldest and the newest version of each request say all that there is to say. */
function endsOf(samples: readonly Sample[]): readonly Sample[] {
  return samples.filter(({ apiKey, version }) => apisByKey.get(apiKey)?.versions.includes(version))
}

/** Whether a reply came. */
async function isAnswered(faults: Faults, port: number, bytes: Buffer): Promise<boolean> {
  return faults.with(async (wire) => {
    wire.raw(bytes)
    const reply = wire.reply().then(
      () => true,
      () => false,
    )
    // Joins wait for others, and are not waited for here.
    return Promise.race([reply, new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 200))])
  }, port)
}

test('fields as long as they can be', async (context) => {
  const faults = await Faults.start()
  const answers = { sent: 0, answered: 0 }
  const bad = new Map<string, string>()
  try {
    await faults.createTopic('t')
    for (const sample of endsOf(liveSamples(await livingIn(faults, 'g')))) {
      const api = apisByKey.get(sample.apiKey)
      for (const bytes of longer(sample)) {
        for (const listener of api?.listeners ?? []) {
          answers.sent++
          const port = listener === 'broker' ? faults.port : faults.controllerPort
          if (await isAnswered(faults, port, bytes)) answers.answered++
        }
      }
      const errors = faults.lines.splice(0).filter((line) => line.includes('ERROR'))
      const name = `${api?.name} of version ${sample.version}`
      if (errors[0] !== undefined) bad.set(name, errors[0])
      await faults.checkHealth()
    }
  } finally {
    await faults.stop()
  }
  context.diagnostic(JSON.stringify(answers))
  assert.deepEqual(bad, new Map())
  assert.ok(answers.answered > answers.sent / 2)
})
