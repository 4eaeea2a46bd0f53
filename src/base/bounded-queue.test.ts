import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BoundedQueue } from './bounded-queue.ts'

test('a queue does what an array does, and refuses what is too much', () => {
  const step = fc.oneof(fc.constant('shift' as const), fc.nat(1000), fc.nat(1000))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 60 }), (steps, capacity) => {
      const queue = new BoundedQueue<number>(capacity)
      const model: number[] = []
      for (const item of steps) {
        if (item === 'shift') assert.equal(queue.shift(), model.shift())
        else assert.equal(queue.push(item), model.length < capacity && model.push(item) > 0)
        assert.equal(queue.size, model.length)
        assert.equal(queue.isFull, model.length === capacity)
        assert.equal(queue.peek(), model[0])
        assert.deepEqual(
          Array.from(model, (_, i) => queue.at(i)),
          model,
        )
        assert.equal(queue.at(model.length), undefined)
      }
      queue.clear()
      assert.equal(queue.shift(), undefined)
    }),
  )
})
