/** Broker configs of quotas: only their windows; limits are set per entity, dynamically. */
import { type ConfigKeys, className, int } from './config-def.ts'
import { atLeast } from './validators.ts'

export const quotaKeys = {
  'alter.log.dirs.replication.quota.window.num': int(11, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'Samples kept for the quota on moves between log directories.',
  }),
  'alter.log.dirs.replication.quota.window.size.seconds': int(1, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'Span of one sample of that quota.',
  }),
  'client.quota.callback.class': className(null, { importance: 'low', doc: 'Plug-in that computes client quotas.' }),
  'controller.quota.window.num': int(11, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'Samples kept for controller mutation quotas.',
  }),
  'controller.quota.window.size.seconds': int(1, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'Span of one sample of controller mutation quotas.',
  }),
  'quota.window.num': int(11, { importance: 'low', valid: atLeast(1), doc: 'Samples kept for client quotas.' }),
  'quota.window.size.seconds': int(1, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'Span of one sample of client quotas.',
  }),
  'replication.quota.window.num': int(11, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'Samples kept for replication quotas.',
  }),
  'replication.quota.window.size.seconds': int(1, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'Span of one sample of replication quotas.',
  }),
} satisfies ConfigKeys
