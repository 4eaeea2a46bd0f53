import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counter, gauge, prometheusText } from './metrics.ts'

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
