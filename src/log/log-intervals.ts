/** How often a log directory does what is due: each a broker config of its own. */
import type { BrokerConfig } from '../config/index.ts'

export interface LogIntervals {
  /** Before each is done for the first time. */
  readonly initialDelayMs: number
  readonly retentionMs: number
  /** Between looks for logs that have not been flushed for `flush.ms`. */
  readonly flushCheckMs: number
  readonly recoveryPointMs: number
  readonly logStartOffsetMs: number
  readonly highWatermarkMs: number
}

/** Kafka never looks unless `log.flush.scheduler.interval.ms` is set: `flush.ms` of a topic would have no effect. */
const flushCheckMsDefault = 1000

export function logIntervals(config: BrokerConfig): LogIntervals {
  const flushCheckMs = config.number('log.flush.scheduler.interval.ms')
  return {
    initialDelayMs: config.number('log.initial.task.delay.ms'),
    retentionMs: config.number('log.retention.check.interval.ms'),
    flushCheckMs: flushCheckMs === Number.MAX_SAFE_INTEGER ? flushCheckMsDefault : flushCheckMs,
    recoveryPointMs: config.number('log.flush.offset.checkpoint.interval.ms'),
    logStartOffsetMs: config.number('log.flush.start.offset.checkpoint.interval.ms'),
    highWatermarkMs: config.number('replica.high.watermark.checkpoint.interval.ms'),
  }
}

/** All the same. */
export const sameIntervals = (ms: number): LogIntervals => ({
  initialDelayMs: ms,
  retentionMs: ms,
  flushCheckMs: ms,
  recoveryPointMs: ms,
  logStartOffsetMs: ms,
  highWatermarkMs: ms,
})
