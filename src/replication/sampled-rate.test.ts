import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SampledRate } from './sampled-rate.ts'

/** At `atMs` a value is recorded, or a rate per second is read. */
type Step = readonly [atMs: number, does: 'record' | 'read', value: number]

/** What `SimpleRate` of Apache Kafka 4.3.1 has answered to the same steps. */
const table: readonly { what: string; sampleCount: number; sampleMs: number; steps: readonly Step[] }[] = [
  {
    ...{ what: 'less than a sample counts as one; samples go when nothing has come for the window', sampleCount: 11 },
    sampleMs: 1000,
    steps: [
      [0, 'read', 0],
      [0, 'record', 1000],
      [0, 'read', 1000],
      [500, 'read', 1000],
      [999, 'record', 500],
      [1000, 'read', 1500],
      [2000, 'read', 750],
      [2500, 'record', 1000],
      [2500, 'read', 1000],
      [10_999, 'read', 227.29339030820984],
      [11_000, 'read', 227.27272727272728],
      [11_998, 'read', 208.36806134355726],
      [11_999, 'read', 105.27423939362038],
      [13_499, 'read', 90.91735612328392],
      [13_500, 'read', 0],
    ],
  },
  {
    ...{ what: 'time in which nothing came counts from the first look on', sampleCount: 11, sampleMs: 1000 },
    steps: [
      [0, 'read', 0],
      [5000, 'read', 0],
      [5000, 'record', 1000],
      [5000, 'read', 200],
      [10_999, 'read', 90.91735612328392],
      [11_000, 'read', 166.66666666666666],
      [16_000, 'read', 0],
      [16_000, 'record', 100],
      [16_000, 'read', 20],
    ],
  },
  {
    ...{ what: 'one sample more than the window has is kept, and no more', sampleCount: 3, sampleMs: 2000 },
    steps: [
      [0, 'record', 10],
      [2000, 'record', 10],
      [4000, 'record', 10],
      [6000, 'record', 10],
      [7999, 'read', 5.0008334722453744],
      [8000, 'record', 10],
      [8000, 'read', 7.5],
      [9999, 'read', 5.0008334722453744],
      [10_000, 'record', 10],
      [10_000, 'read', 7.5],
      [13_999, 'read', 3.333888981496916],
      [14_000, 'read', 2.5],
      [16_000, 'read', 0],
    ],
  },
  {
    ...{ what: 'a sample begins with what is recorded, not at a full second', sampleCount: 2, sampleMs: 1000 },
    steps: [
      [100, 'record', 300],
      [5000, 'record', 600],
      [5000, 'read', 600],
      [6500, 'read', 400],
      [7000, 'read', 0],
      [7000, 'record', 50],
      [7000, 'read', 50],
    ],
  },
  {
    ...{ what: 'nothing, recorded, is something', sampleCount: 11, sampleMs: 1000 },
    steps: [
      [0, 'record', 0],
      [1000, 'record', 0],
      [2000, 'record', 0],
      [3000, 'record', 0],
      [4000, 'record', 4400],
      [4000, 'read', 1100],
      [8000, 'record', 0],
      [12_000, 'record', 0],
      [12_000, 'read', 440],
      [13_000, 'record', 0],
      [13_000, 'read', 440],
      [15_000, 'read', 0],
    ],
  },
  {
    ...{ what: 'now and then', sampleCount: 4, sampleMs: 2000 },
    steps: [
      [164, 'read', 0],
      [1044, 'record', 87_968],
      [2394, 'read', 39_447.533632287],
      [11_106, 'read', 0],
      [12_601, 'record', 12_961],
      [13_408, 'read', 5630.321459600347],
      [14_832, 'read', 3478.529253891573],
      [15_050, 'record', 5239],
      [21_626, 'record', 123],
      [22_305, 'read', 739.0764989662302],
      [23_297, 'record', 17_506],
      [24_031, 'record', 48_880],
      [25_078, 'record', 74_395],
      [25_867, 'record', 20_652],
      [27_112, 'read', 29_448.778709442216],
      [33_956, 'record', 89_208],
      [34_682, 'read', 11_784.412153236459],
      [35_207, 'read', 44_604],
    ],
  },
]

for (const { what, sampleCount, sampleMs, steps } of table) {
  test(what, () => {
    const rate = new SampledRate({ sampleCount, sampleMs })
    for (const [atMs, does, value] of steps) {
      if (does === 'record') rate.record(value, atMs)
      else assert.ok(Math.abs(rate.perSecond(atMs) - value) < 1e-6, `${rate.perSecond(atMs)} at ${atMs}, not ${value}`)
    }
  })
}
