import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counter, gauge, histogram, prometheusText } from './metrics.ts'

test('metrics in the text of Prometheus, labels escaped', () => {
  const text = prometheusText([
    gauge('a_b', 'How many.', 2),
    counter('c_total', 'Lines\nand \\ signs.', 1.5),
    { name: 'd', help: 'By topic.', type: 'gauge', samples: [{ labels: { topic: 'x"\\\n', partition: 3 }, value: 7 }] },
  ])
  assert.equal(
    text,
    [
      '# HELP a_b How many.\n# TYPE a_b gauge\na_b 2\n',
      '# HELP c_total Lines and   signs.\n# TYPE c_total counter\nc_total 1.5\n',
      '# HELP d By topic.\n# TYPE d gauge\nd{topic="x\\"\\\\\\n",partition="3"} 7\n',
    ].join(''),
  )
})

test('a histogram: each bucket has what the smaller ones have', () => {
  const about = { name: 'ms', help: 'Times.' }
  const text = prometheusText([histogram(about, [1, 5], [{ labels: { of: 'x' }, counts: [2, 0, 3], sum: 40.5 }])])
  assert.equal(
    text,
    [
      '# HELP ms Times.\n# TYPE ms histogram\n',
      'ms_bucket{of="x",le="1"} 2\nms_bucket{of="x",le="5"} 2\nms_bucket{of="x",le="+Inf"} 5\n',
      'ms_sum{of="x"} 40.5\nms_count{of="x"} 5\n',
    ].join(''),
  )
})
