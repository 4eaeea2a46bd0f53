/**
 * The assignors of the server beside Kafka's own classes: the same stories of groups, the same assignments at every step, in
 * the same order. `UPDATE=1` keeps the first stories for `npm test`, and makes the jar of the Java program anew.
 */
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { constants, zstdCompressSync } from 'node:zlib'
import { type Changes, type Story, tell } from '../golden/assignor-story.ts'
import { randomStory } from '../golden/random-story.ts'
import { assignors, tellByKafka } from './assignor-program.ts'
import { records } from './kit.ts'

const storyCount = records(500)
const keptCount = 60
const golden = join(import.meta.dirname, '..', 'golden', 'assignors.ndjson.zst')

function keep(stories: readonly Story[], theirs: readonly Changes[][]): void {
  const lines = stories.map((story, index) => `${JSON.stringify({ story, changes: theirs[index] })}\n`)
  const params = { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_windowLog]: 23 }
  writeFileSync(golden, zstdCompressSync(lines.join(''), { params }))
}

test(`${storyCount} random groups: uniform and range assign as Kafka's classes do, and so do all their follow-ups`, async () => {
  const first = Number(process.env['ODRADEK_SEED'] ?? 0)
  const stories = Array.from({ length: storyCount }, (_, index) => randomStory(`${first + index}`))
  const theirs = await tellByKafka(stories)
  assert.equal(theirs.length, storyCount)
  if (process.env['UPDATE'] === '1') {
    await assignors.ship()
    keep(stories.slice(0, keptCount), theirs)
  }
  for (const [index, story] of stories.entries()) {
    assert.deepEqual(tell(story), theirs[index], `ODRADEK_SEED=${first + index}`)
  }
  assert.ok(existsSync(assignors.shippedJar), 'the jar is of this source; UPDATE=1 makes it')
})
