/** The topics that a cluster keeps for itself: coordinators write them, clients only read them. */
export const offsetsTopic = '__consumer_offsets'
export const transactionStateTopic = '__transaction_state'
export const shareStateTopic = '__share_group_state'
/** The log of the metadata: no topic of the image, and nobody may create one of this name. */
export const clusterMetadataTopic = '__cluster_metadata'

/** What Metadata marks as internal. */
export const isInternalTopic = (name: string): boolean =>
  name === offsetsTopic || name === transactionStateTopic || name === shareStateTopic
