import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Logger } from '../base/index.ts'
import { contextOf, ManualClock } from './handlers/handler-fixture.ts'
import { RareWarning } from './rare-warning.ts'

test('a line is told once a minute, with how many were not; another line has a minute of its own', () => {
  const clock = new ManualClock()
  const lines: Parameters<Logger['log']>[] = []
  const logger: Logger = { child: () => logger, log: (...line) => void lines.push(line) }
  const warning = new RareWarning({ clock, logger })
  const client = contextOf(22, { clientId: 'c'.repeat(1000) })
  const about = { client: '127.0.0.1', clientId: 'c'.repeat(256), apiKey: 22 }
  for (const atMs of [0, 1, 59_998, 1]) {
    clock.advance(atMs)
    warning.warn('no', client)
  }
  warning.warn('nor this', contextOf(10, { clientId: null }))
  clock.advance(60_000)
  warning.warn('no', client)
  assert.deepEqual(lines, [
    ['warn', 'no', about],
    ['warn', 'no', { ...about, sinceTheLastLine: 2 }],
    ['warn', 'nor this', { client: '127.0.0.1', clientId: undefined, apiKey: 10 }],
    ['warn', 'no', about],
  ])
})
