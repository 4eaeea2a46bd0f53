/** Logical types: which attributes make one. One that does not fit its type is none, and its attributes are kept as any others. */
import type { AvroType, UnionType } from './avro-type.ts'
import { isInteger, type Json, type JsonObject } from './json.ts'

type Bearer = Exclude<AvroType, UnionType>

const fitting = new Map<string, (type: Bearer) => boolean>([
  ['decimal', isDecimal],
  ['big-decimal', ({ kind }) => kind === 'bytes'],
  ['uuid', (type) => type.kind === 'string' || isFixed(type, 16)],
  ['duration', (type) => isFixed(type, 12)],
  ['date', ({ kind }) => kind === 'int'],
  ['time-millis', ({ kind }) => kind === 'int'],
  ...[
    ...['time-micros', 'timestamp-millis', 'timestamp-micros', 'timestamp-nanos'],
    ...['local-timestamp-millis', 'local-timestamp-micros', 'local-timestamp-nanos'],
  ].map((name): [string, (type: Bearer) => boolean] => [name, ({ kind }) => kind === 'long']),
])

/** With these Java has a class of its own for the values. */
const classProps = ['avro.java.string', 'java-class', 'java-key-class', 'java-element-class']

/** The attributes of its logical type, in their order; none where it has none. */
export function logicalProps(type: Bearer): JsonObject {
  const name = type.props.get('logicalType')
  const props = new Map<string, Json>()
  if (typeof name !== 'string' || fitting.get(name)?.(type) !== true) return props
  if (classProps.some((it) => typeof type.props.get(it) === 'string')) return props
  props.set('logicalType', name)
  if (name !== 'decimal') return props
  props.set('precision', type.props.get('precision') ?? null)
  const scale = type.props.get('scale')
  if (isInteger(scale, 32) && scale.digits !== '0') props.set('scale', scale)
  return props
}

function isFixed(type: Bearer, size: number): boolean {
  return type.kind === 'fixed' && type.size === size
}

function isDecimal(type: Bearer): boolean {
  const precision = wholeNumber(type.props.get('precision'))
  const scale = type.props.has('scale') ? wholeNumber(type.props.get('scale')) : 0
  if (precision === undefined || scale === undefined || precision <= 0 || scale < 0 || scale > precision) return false
  return (
    type.kind === 'bytes' || (type.kind === 'fixed' && precision <= Math.floor(Math.log10(2) * (8 * type.size - 1)))
  )
}

function wholeNumber(value: Json | undefined): number | undefined {
  return isInteger(value, 32) ? Number(value.digits) : undefined
}
