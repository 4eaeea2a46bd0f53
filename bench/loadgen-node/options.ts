/** The options of a run, as `key=value`: those of `loadgen.c`, with its defaults and its bounds. */

/** Why a run has ended: told in a line, without the places it came from. */
export class LoadError extends Error {
  override readonly name = 'LoadError'
}

export interface LoadOptions {
  readonly mode: string
  readonly host: string
  readonly topic: string
  readonly file: string
  readonly port: number
  readonly connections: number
  readonly inflight: number
  readonly batch: number
  readonly record: number
  readonly acks: number
  readonly partitions: number
  readonly max: number
  readonly rate: number
  readonly keys: number
  readonly each: number
  readonly spread: number
  readonly bytes: number
  /** Nanoseconds of the monotonic clock; 0 for now. */
  readonly since: number
  readonly seconds: number
  readonly warmup: number
  readonly timeout: number
}

const defaults = {
  host: '127.0.0.1',
  topic: 'bench',
  file: '',
  port: 9092,
  connections: 1,
  inflight: 5,
  batch: 65_536,
  record: 1024,
  acks: 1,
  partitions: 1,
  max: 1 << 20,
  rate: 5000,
  keys: 0,
  each: 1,
  spread: 1,
  bytes: 0,
  since: 0,
  seconds: 0,
  warmup: 2,
  timeout: 30,
}

const ofMode: Readonly<Record<string, Partial<typeof defaults>>> = {
  requests: { connections: 4, inflight: 20, record: 100, batch: 0 },
  e2e: { batch: 0 },
  session: { batch: 0 },
}

const bounds: Readonly<Record<string, readonly [min: number, max: number]>> = {
  port: [1, 65_535],
  connections: [1, 1024],
  inflight: [1, 10_000],
  batch: [0, 1 << 28],
  record: [1, 1 << 27],
  acks: [-1, 1],
  partitions: [1, 100_000],
  max: [1, 1 << 29],
  rate: [1, 1_000_000],
  keys: [1, 1 << 30],
  each: [1, 1000],
  spread: [1, 1500],
  bytes: [1, Number.MAX_SAFE_INTEGER],
  since: [0, Number.MAX_SAFE_INTEGER],
  seconds: [0, 86_400],
  warmup: [0, 86_400],
  timeout: [0, 86_400],
}
const fractions = new Set(['seconds', 'warmup', 'timeout'])
const topicLengthMax = 119

/** Throws LoadError. */
export function parseOptions([mode = '', ...pairs]: readonly string[]): LoadOptions {
  const given = new Map(pairs.map(pairOf))
  const told = { ...defaults, ...ofMode[mode] }
  const number = (name: keyof typeof bounds, byDefault: number): number => {
    const text = given.get(name)
    return text === undefined ? byDefault : numberOf(name, text)
  }
  const topic = given.get('topic') ?? told.topic
  if (topic.length === 0 || topic.length > topicLengthMax) throw new LoadError(`out of range: topic=${topic}`)
  const options = {
    ...told,
    mode,
    host: given.get('host') ?? told.host,
    topic,
    file: given.get('file') ?? told.file,
    port: number('port', told.port),
    connections: number('connections', told.connections),
    inflight: number('inflight', told.inflight),
    batch: number('batch', told.batch),
    record: number('record', told.record),
    acks: number('acks', told.acks),
    partitions: number('partitions', told.partitions),
    max: number('max', told.max),
    rate: number('rate', told.rate),
    keys: number('keys', told.keys),
    each: number('each', told.each),
    spread: number('spread', told.spread),
    bytes: number('bytes', told.bytes),
    since: number('since', told.since),
    seconds: number('seconds', told.seconds),
    warmup: number('warmup', told.warmup),
    timeout: number('timeout', told.timeout),
  }
  return options.bytes === 0 && options.seconds === 0 ? { ...options, seconds: 10 } : options
}

function pairOf(pair: string): readonly [string, string] {
  const equals = pair.indexOf('=')
  const name = pair.slice(0, equals)
  if (equals < 0) throw new LoadError(`not key=value: ${pair}`)
  if (!Object.hasOwn(defaults, name)) throw new LoadError(`unknown option: ${pair}`)
  return [name, pair.slice(equals + 1)]
}

function numberOf(name: string, text: string): number {
  const [min, max] = bounds[name] ?? [0, 0]
  const value = Number(text)
  const isNumber = text !== '' && (fractions.has(name) ? Number.isFinite(value) : Number.isSafeInteger(value))
  if (!isNumber || value < min || value > max) throw new LoadError(`out of range: ${name}=${text}`)
  return value
}
