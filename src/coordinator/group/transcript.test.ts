import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Command, rerun } from './test-support/transcript.ts'
import { TranscriptBench } from './test-support/transcript-bench.ts'
import { verbs } from './test-support/transcript-verbs.ts'

// `UPDATE=1 node --test transcript.test.ts` writes what comes out: whoever reads the difference decides.
const directory = new URL('./testdata/', import.meta.url)
const updates = process.env.UPDATE === '1'

async function run(script: string): Promise<string> {
  const bench = new TranscriptBench()
  return rerun(script, async (command: Command) => {
    const verb = verbs[command.verb]
    if (verb === undefined) throw new Error(`'${command.text}': there is no such verb`)
    await verb(bench, command)
    return bench.taken()
  })
}

for (const name of readdirSync(directory)) {
  test(`transcript: ${name}`, async () => {
    const file = new URL(name, directory)
    const script = readFileSync(file, 'utf8')
    const written = await run(script)
    if (updates) writeFileSync(file, written)
    else assert.equal(written, script)
  })
}

test('a script that names nobody, or what nobody knows, is refused', async () => {
  await assert.rejects(run('load\n\njoin\n'), /'join' names nobody/)
  await assert.rejects(run('load\n\nwink a\n'), /no such verb/)
  await assert.rejects(run('load\n\nheartbeat a wink=1\n'), /nobody knows wink=/)
  await assert.rejects(run('load\n\nadvance 5\n'), /no time/)
})
