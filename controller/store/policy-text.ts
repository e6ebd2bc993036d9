export type { LabelAssignment, PolicyFile } from '@bulkhead/model/policy-content.ts';
