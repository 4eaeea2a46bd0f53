/** Broker configs of transactions and idempotent producers. */
import { boolean, type ConfigKeys, int, short } from './config-def.ts'
import { atLeast } from './validators.ts'

export const transactionKeys = {
  'add.partitions.to.txn.retry.backoff.max.ms': int(100, {
    importance: 'high',
    valid: atLeast(0),
    doc: "Longest wait between a server's own retries of AddPartitionsToTxn.",
  }),
  'add.partitions.to.txn.retry.backoff.ms': int(20, {
    importance: 'high',
    valid: atLeast(1),
    doc: "First wait between a server's own retries of AddPartitionsToTxn.",
  }),
  'producer.id.expiration.check.interval.ms': int(600_000, {
    importance: 'low',
    valid: atLeast(1),
    internal: true,
    doc: 'How often idle producer ids are looked for.',
  }),
  'producer.id.expiration.ms': int(86_400_000, {
    importance: 'low',
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'How long a partition remembers an idle producer id.',
  }),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int(10000, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'How often transactions past their timeout are looked for.',
  }),
  'transaction.max.timeout.ms': int(900_000, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Longest timeout a transactional producer may ask for.',
  }),
  'transaction.partition.verification.enable': boolean(true, {
    importance: 'low',
    update: 'cluster-wide',
    doc: 'Whether a partition asks the coordinator before the first write of a transaction.',
  }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': int(3_600_000, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'How often expired transactional ids are looked for.',
  }),
  'transaction.state.log.load.buffer.size': int(5_242_880, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Bytes read at a time when transaction state is loaded.',
  }),
  'transaction.state.log.min.isr': int(2, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'min.insync.replicas of __transaction_state.',
  }),
  'transaction.state.log.num.partitions': int(50, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Partitions of __transaction_state; do not change it in a living cluster.',
  }),
  'transaction.state.log.replication.factor': short(3, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Replicas of __transaction_state.',
  }),
  'transaction.state.log.segment.bytes': int(104_857_600, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Segment size of __transaction_state.',
  }),
  'transaction.two.phase.commit.enable': boolean(false, {
    importance: 'low',
    doc: 'Whether producers may take part in two-phase commits.',
  }),
  'transactional.id.expiration.ms': int(604_800_000, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'How long an idle transactional id is kept.',
  }),
} satisfies ConfigKeys
