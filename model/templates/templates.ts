import { adminPorts, ransomwarePorts } from './guarded-ports.ts';
import { ringFence } from './ring-fence.ts';
import { separateEnvironments } from './separate-environments.ts';
import type { Template } from './template.ts';

/** Policies to begin with. Each is ordinary text from then on: its author's, to be changed like any other. */
export const templates: readonly Template[] = [ringFence, separateEnvironments, adminPorts, ransomwarePorts];
