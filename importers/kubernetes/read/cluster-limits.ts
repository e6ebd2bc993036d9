import { type ReadLimits, readLimits } from '@bulkhead/model/read/limits.ts';

/**
 * Deeper than documents of people: the schema of a CustomResourceDefinition, which decides nothing, has two levels for each
 * of the resource's own.
 */
export const clusterLimits: ReadLimits = { ...readLimits, nesting: 128 };
