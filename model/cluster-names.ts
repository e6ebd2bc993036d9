/** Names that an import of a cluster writes, and that an export knows again (docs/decisions/0016). */
export const clusterKey = 'kubernetes:cluster';
export const nodeKey = 'kubernetes:node';
/** A label that the API server puts on every namespace. */
export const namespaceNameKey = 'kubernetes.io/metadata.name';
export const namespaceKey = `namespace:${namespaceNameKey}`;
/** With these the names of tiers begin, and end in numbers. */
export const adminTierStart = 'kubernetes-admin-';
export const baselineTierStart = 'kubernetes-baseline-';
