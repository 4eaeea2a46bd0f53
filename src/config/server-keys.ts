/** Broker configs of the node as a whole, and of its metrics. */
import { boolean, type ConfigKeys, int, list, long, string } from './config-def.ts'
import { atLeast, listOf } from './validators.ts'

export const serverKeys = {
  'background.threads': int(10, {
    importance: 'high',
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Threads for housekeeping tasks.',
  }),
  'config.providers': list('', {
    importance: 'low',
    valid: listOf(),
    update: 'cluster-wide',
    doc: 'Plug-ins that resolve references in config values to what is kept elsewhere.',
  }),
  'controlled.shutdown.enable': boolean(true, { doc: 'Whether a stopping broker first hands over its leaderships.' }),
  'kafka.metrics.polling.interval.secs': int(10, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'How often the reporters of kafka.metrics.reporters poll.',
  }),
  'kafka.metrics.reporters': list('', {
    importance: 'low',
    valid: listOf(),
    doc: "Reporters of the broker's older metrics.",
  }),
  'metric.reporters': list('org.apache.kafka.common.metrics.JmxReporter', {
    importance: 'low',
    valid: listOf(),
    update: 'cluster-wide',
    doc: 'Reporters of metrics.',
  }),
  'metrics.num.samples': int(2, { importance: 'low', valid: atLeast(1), doc: 'Samples kept for each rate.' }),
  'metrics.recording.level': string('INFO', { importance: 'low', doc: 'Least level of metrics that are recorded.' }),
  'metrics.sample.window.ms': long(30000, { importance: 'low', valid: atLeast(1), doc: 'Span of one sample.' }),
  'num.partitions': int(1, { valid: atLeast(1), doc: 'Partitions of topics created without a number.' }),
  'telemetry.max.bytes': int(1_048_576, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'Largest metrics push of a client, uncompressed.',
  }),
} satisfies ConfigKeys
