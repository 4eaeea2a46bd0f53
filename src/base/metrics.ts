/**
 * Metrics in the text form of Prometheus (exposition format 0.0.4). They are read when somebody asks: parts of a node
 * keep plain numbers, and nothing on the hot path knows of metrics.
 */
export interface Metric {
  /** Lower case with underscores, as the usual rules for Kafka's MBeans make them; counters end with `_total`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: readonly Sample[]
}

export interface Sample {
  /** Of a histogram: behind the metric's name. */
  readonly suffix?: '_bucket' | '_sum' | '_count'
  readonly labels?: Readonly<Record<string, string | number>>
  readonly value: number
}

export const gauge = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  type: 'gauge',
  samples: [{ value }],
})

export const counter = (name: string, help: string, value: number): Metric => ({
  ...gauge(name, help, value),
  type: 'counter',
})

/** One series of a histogram, as it is kept: each value counted once, in the first bucket that holds it. */
export interface HistogramSeries {
  readonly labels: Readonly<Record<string, string>>
  /** One more than there are bounds. */
  readonly counts: Iterable<number>
  readonly sum: number
}

/** As Prometheus wants it: each bucket has what the smaller ones have, too. */
export function histogram(
  about: Pick<Metric, 'name' | 'help'>,
  bounds: readonly number[],
  series: readonly HistogramSeries[],
): Metric {
  const samples = series.flatMap(({ labels, counts, sum }): Sample[] => {
    let count = 0
    const buckets = [...counts].map((more, i): Sample => {
      count += more
      return { suffix: '_bucket', labels: { ...labels, le: bounds[i] ?? '+Inf' }, value: count }
    })
    return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: count }]
  })
  return { ...about, type: 'histogram', samples }
}

const escaped = (text: string): string => text.replace(/[\\\n"]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`))

function labelsText(labels: Sample['labels']): string {
  if (labels === undefined) return ''
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return `{${pairs.join(',')}}`
}

export function prometheusText(metrics: readonly Metric[]): string {
  return metrics
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(({ suffix = '', labels, value }) => `${name}${suffix}${labelsText(labels)} ${value}\n`)
      return `# HELP ${name} ${help.replace(/[\\\n]/g, ' ')}\n# TYPE ${name} ${type}\n${lines.join('')}`
    })
    .join('')
}
