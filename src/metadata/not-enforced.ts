/** What the metadata hold and nobody is held to yet. Whoever has stored it believes otherwise, and is told at each start. */
import { isEnforcedQuota } from './client-quota.ts'
import type { MetadataImage } from './image/metadata-image.ts'

export function notEnforced({ acls, clientQuotas }: Pick<MetadataImage, 'acls' | 'clientQuotas'>): readonly string[] {
  const warnings: string[] = []
  if (acls.size > 0) {
    warnings.push(`ACLs are stored that are not enforced: everybody may do everything (ACLs: ${acls.size})`)
  }
  const entities = [...clientQuotas.values()].filter(({ quotas }) => ![...quotas.keys()].every(isEnforcedQuota)).length
  if (entities > 0) {
    warnings.push(
      `client quotas are stored of which only controller_mutation_rate has an effect yet (entities: ${entities})`,
    )
  }
  return warnings
}
