import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineLogger } from './logger.ts'

const nowMs = Date.UTC(2026, 10, 24, 1, 2, 3, 456)

function lines(json: boolean): { readonly logger: LineLogger; readonly written: string[] } {
  const written: string[] = []
  const logger = new LineLogger({ json, level: 'info', now: () => nowMs, write: (line) => written.push(line) })
  return { logger, written }
}

test('a line for people: time, level, part, message, fields; nothing below the level', () => {
  const { logger, written } = lines(false)
  logger.child('log').log('warn', 'torn tail cut', { partition: 'a-0', bytes: 12, big: 5n, none: undefined })
  logger.log('debug', 'unseen')
  assert.deepEqual(written, ['2026-11-24 01:02:03,456 WARN  [log] torn tail cut partition=a-0 bytes=12 big=5\n'])
})

test('what a peer sent stays on its line', () => {
  const { logger, written } = lines(false)
  logger.log('info', 'client\nsaid \u001b[31m', { name: 'a b', id: '2026\n', empty: '' })
  const line = '2026-11-24 01:02:03,456 INFO  [odradek] client\\nsaid \\u001b[31m name="a b" id="2026\\n" empty=""\n'
  assert.deepEqual(written, [line])
})

test('a line for machines is JSON', () => {
  const { logger, written } = lines(true)
  logger.log('error', 'disk failed', { path: '/d', offset: 2n ** 60n })
  assert.deepEqual(JSON.parse(written.join('')), {
    time: '2026-11-24T01:02:03.456Z',
    level: 'error',
    part: 'odradek',
    message: 'disk failed',
    path: '/d',
    offset: '1152921504606846976',
  })
})
