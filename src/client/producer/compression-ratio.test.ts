import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompressionRatio } from './compression-ratio.ts'

const header = 61

test('what is not known is not smaller, but for a little that it may be worse', () => {
  assert.equal(new CompressionRatio().estimate(header + 1000), header + 1050)
})

test('better compression is believed slowly, worse at once, and what is forgotten is learnt anew', () => {
  const ratio = new CompressionRatio()
  const estimated = (): number => Math.floor((ratio.estimate(header + 1000) - header) / 1.05)
  ratio.observed(header + 1000, header + 500)
  assert.equal(estimated(), 995)
  for (let i = 0; i < 98; i++) ratio.observed(header + 1000, header + 500)
  assert.equal(estimated(), 505)
  for (let i = 0; i < 10; i++) ratio.observed(header + 1000, header + 500)
  assert.equal(estimated(), 500)
  ratio.observed(header + 1000, header + 520)
  assert.equal(estimated(), 550, 'at least by a step')
  ratio.observed(header + 1000, header + 900)
  assert.equal(estimated(), 900)
  ratio.forget()
  assert.equal(estimated(), 1000)
})

test('a batch of a few bytes tells nothing, and none is expected to be larger than it is', () => {
  const ratio = new CompressionRatio()
  for (let i = 0; i < 200; i++) ratio.observed(header + 2000, header + 200)
  const learnt = ratio.estimate(header + 1000)
  ratio.observed(header + 8, header + 30)
  assert.equal(ratio.estimate(header + 1000), learnt)
  ratio.observed(header + 2000, header + 2020)
  assert.equal(ratio.estimate(header + 1000), header + 1050)
})
