/** Of a config that is given twice the last one holds: for new topics, and on controllers. Brokers refuse to alter one twice. */
export function withLastConfigs<R extends { readonly configs: readonly { readonly name: string }[] }>(resource: R): R {
  const configs = new Map(resource.configs.map((config) => [config.name, config]))
  return configs.size === resource.configs.length ? resource : { ...resource, configs: [...configs.values()] }
}
