/** Whether the consumer protocol is in force: as the cluster's `group.version` and the broker's configuration say. */
import type { BrokerConfig } from '../config/index.ts'
import type { MetadataImage } from '../metadata/index.ts'

export interface ConsumerProtocolServices {
  readonly image: () => MetadataImage
  readonly config: () => BrokerConfig
}

export function isConsumerProtocolOn({ image, config }: ConsumerProtocolServices): boolean {
  const groupVersion = image().features.finalized.get('group.version') ?? 0
  return groupVersion >= 1 && config().list('group.coordinator.rebalance.protocols').includes('consumer')
}
