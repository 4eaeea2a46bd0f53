/** Scripts of what happens to a quorum, and what its nodes say and do: each comes out as it is written. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { rerun } from '../coordinator/group/test-support/transcript.ts'
import { TranscriptBench } from './testdata/transcript-bench.ts'
import { verbs } from './testdata/transcript-verbs.ts'

// `UPDATE=1 node --test transcript.test.ts` writes what comes out: whoever reads the difference decides.
const directory = new URL('./testdata/transcripts/', import.meta.url)
const updates = process.env.UPDATE === '1'

function run(script: string): Promise<string> {
  const bench = new TranscriptBench()
  return rerun(script, async (command) => {
    const verb = verbs[command.verb]
    if (verb === undefined) throw new Error(`'${command.text}': there is no such verb`)
    verb(bench, command)
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
  await assert.rejects(run('crash\n'), /'crash' names nobody/)
  await assert.rejects(run('wink 1\n'), /no such verb/)
  await assert.rejects(run('propose x\n'), /nobody leads/)
  await assert.rejects(run('start one\n'), /is no node/)
})
