import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { assignors } from '../interop/assignor-program.ts'
import { type Changes, type Story, tell } from './assignor-story.ts'
import { goldenText } from './golden.ts'

interface Told {
  readonly story: Story
  readonly changes: readonly Changes[]
}

const told = goldenText('assignors.ndjson')
  .trimEnd()
  .split('\n')
  .map((line): Told => JSON.parse(line))

describe('the assignors of the server', () => {
  test('assign 60 random groups and their follow-ups as the classes of Kafka did', () => {
    assert.equal(told.length, 60)
    for (const [index, { story, changes }] of told.entries()) assert.deepEqual(tell(story), changes, `story ${index}`)
  })

  test('the stories have both assignors, both kinds of groups, static members that come back, and what is refused', () => {
    const steps = told.flatMap(({ story }) => story.steps)
    for (const assignor of ['range', 'uniform']) {
      for (const isHomogeneous of [true, false]) {
        const count = steps.filter((step) => step.assignor === assignor && step.isHomogeneous === isHomogeneous).length
        assert.ok(count > 10, `${assignor}, homogeneous ${isHomogeneous}: ${count} steps`)
      }
    }
    assert.ok(steps.some(({ members }) => members.some(({ follows }) => follows !== undefined)))
    assert.ok(steps.some(({ members }) => members.some(({ rack }) => rack !== undefined)))
    assert.ok(told.some(({ changes }) => changes.includes('error')))
  })

  test('the jar that runs the classes of Kafka is of its source', () => {
    assert.ok(existsSync(assignors.shippedJar))
  })
})
