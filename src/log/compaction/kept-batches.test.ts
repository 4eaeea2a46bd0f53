import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildBatch } from '../../records/index.ts'
import { KeptBatches } from './kept-batches.ts'

test('a file that takes no bytes ends the job', () => {
  let writes = 0
  const host = {
    readSync: () => 0,
    writeSync: () => {
      if (++writes > 1) throw new Error('written again')
      return 0
    },
  }
  const kept = new KeptBatches()
  kept.begin({ file: { fd: 1, path: '/data/t-0/0.log.cleaned' }, position: 0 }, host)
  kept.bytes.add(buildBatch([{ timestampMs: 0, key: Buffer.from('k'), value: null }]))
  assert.throws(() => kept.end(), { name: 'RefusedError', code: 'EIO' })
  assert.equal(writes, 1)
})
