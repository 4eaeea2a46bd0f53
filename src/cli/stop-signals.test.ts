import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { mock, test } from 'node:test'
import { stopOnSignals } from './stop-signals.ts'

function setup({ hasParent = false, isScript = false } = {}) {
  const source = Object.assign(new EventEmitter(), { ppid: 7 })
  const said: string[] = []
  const clock = { nowMs: 1000 }
  const release = stopOnSignals(source, {
    hasParent,
    isScript,
    nowMs: () => clock.nowMs,
    stop: (reason) => said.push(`stop ${reason}`),
    end: (reason) => said.push(`end ${reason}`),
  })
  return { source, said, clock, release }
}

test('a signal that is also passed on was said once; one in earnest after it ends the process', () => {
  const { source, said, clock } = setup()
  source.emit('SIGINT')
  clock.nowMs += 3
  source.emit('SIGINT')
  assert.deepEqual(said, ['stop SIGINT'])
  clock.nowMs += 700
  source.emit('SIGINT')
  assert.deepEqual(said, ['stop SIGINT', 'end SIGINT'])
})

test('the death of the parent stops, and never hastens a stop', () => {
  const orphaned = setup({ hasParent: true })
  orphaned.source.emit('disconnect')
  assert.deepEqual(orphaned.said, ['stop the command that started this process is gone'])
  const { source, said, clock } = setup({ hasParent: true })
  source.emit('SIGTERM')
  clock.nowMs += 5000
  source.emit('disconnect')
  assert.deepEqual(said, ['stop SIGTERM'])
})

test('without a parent of ours a channel means nothing; released, signals neither', () => {
  const { source, said, release } = setup()
  source.emit('disconnect')
  release()
  source.emit('SIGTERM')
  assert.deepEqual(said, [])
  assert.deepEqual(source.eventNames(), [])
})

test('the shell that npm started dies: nobody else passes on what npm was told', () => {
  mock.timers.enable({ apis: ['setInterval'] })
  const { source, said, release } = setup({ isScript: true })
  mock.timers.tick(1000)
  assert.deepEqual(said, [])
  source.ppid = 1
  mock.timers.tick(1000)
  assert.deepEqual(said, ['stop the command that started this process is gone'])
  release()
  mock.timers.reset()
})
