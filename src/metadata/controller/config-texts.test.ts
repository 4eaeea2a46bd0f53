import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Timeline } from '../../base/index.ts'
import { configRecord } from '../../protocol/index.ts'
import { ConfigTexts } from './config-texts.ts'

const resource = { resourceType: 2, resourceName: 't' }

function versioned() {
  const timeline = new Timeline()
  const texts = new ConfigTexts(timeline)
  const change = (name: string, value: string | null, of = resource): void => {
    timeline.advanceTo(timeline.epoch + 1)
    texts.change(configRecord.create({ ...of, name, value }))
  }
  const read = (of = resource): Readonly<Record<string, string>> => Object.fromEntries(texts.get(of))
  return { timeline, texts, change, read }
}

test('texts are set, changed and removed, each for its resource', () => {
  const { change, read } = versioned()
  change('a', '1')
  change('a', '2')
  change('b', '3')
  change('a', '4', { resourceType: 4, resourceName: 't' })
  change('b', null)
  change('c', null)
  assert.deepEqual([read(), read({ resourceType: 4, resourceName: 't' })], [{ a: '2' }, { a: '4' }])
  change('a', null)
  assert.deepEqual(read(), {})
})

test('what was read stays as it was, and is the same until something changes', () => {
  const { texts, change } = versioned()
  change('a', '1')
  const before = texts.get(resource)
  assert.equal(texts.get(resource), before)
  change('a', '2')
  change('b', '3')
  assert.deepEqual([...before], [['a', '1']])
  assert.deepEqual(Object.fromEntries(texts.get(resource)), { a: '2', b: '3' })
})

test('what is not committed is undone, also the end of a resource', () => {
  const { timeline, texts, change, read } = versioned()
  change('a', '1')
  change('b', '2')
  timeline.commitTo(timeline.epoch)
  const before = timeline.epoch
  change('a', null)
  change('c', '3')
  timeline.advanceTo(timeline.epoch + 1)
  texts.remove(resource)
  assert.deepEqual(read(), {})
  timeline.revertTo(before)
  assert.deepEqual(read(), { a: '1', b: '2' })
})

test('names and resources that look alike side by side are apart', () => {
  const { change, read } = versioned()
  const [one, other] = [
    { resourceType: 2, resourceName: 'x 2:y' },
    { resourceType: 2, resourceName: 'y' },
  ]
  change('a', '1', one)
  change('a 2:x', '2', other)
  assert.deepEqual([read(one), read(other)], [{ a: '1' }, { 'a 2:x': '2' }])
})
