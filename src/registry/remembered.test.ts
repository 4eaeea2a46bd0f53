import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Remembered } from './remembered.ts'

test('those used last are kept, up to the length', () => {
  const remembered = new Remembered<string>(10)
  const kept = (): string => ['a', 'b', 'c', 'd'].filter((key) => remembered.get(key) !== undefined).join('')
  remembered.set('a', 'first', 4)
  remembered.set('b', 'second', 4)
  assert.equal(remembered.get('a'), 'first')
  remembered.set('c', 'third', 4)
  assert.equal(kept(), 'ac')
  remembered.set('a', 'anew', 6)
  assert.equal(kept(), 'ac')
  assert.equal(remembered.get('a'), 'anew')
  remembered.set('d', 'too long', 11)
  assert.equal(kept(), '')
  remembered.set('b', 'again', 10)
  assert.equal(kept(), 'b')
  remembered.clear()
  assert.equal(kept(), '')
  remembered.set('c', 'as if nothing had been', 10)
  assert.equal(kept(), 'c')
})
