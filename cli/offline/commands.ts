import type { Command } from 'commander';
import { defineAsCode } from '../as-code/commands.ts';
import { define, group, type Session } from '../command.ts';
import { compileCommand } from './compile.ts';
import { decideCommand } from './decide.ts';
import { diffCommand } from './diff.ts';
import { explainCommand } from './explain.ts';
import { exportKubernetesCommand } from './export-kubernetes.ts';
import { importKubernetesCommand } from './import-kubernetes.ts';
import { policyAnomaliesCommand } from './policy-anomalies.ts';
import { policyCheckCommand } from './policy-check.ts';
import { policyCountCommand } from './policy-count.ts';
import { policyFmtCommand } from './policy-fmt.ts';
import { policyPruneCommand } from './policy-prune.ts';
import { policySchemaCommand } from './policy-schema.ts';
import { policyTemplateCommand } from './policy-template.ts';
import { policyTestCommand } from './policy-test.ts';
import { verifyCommand } from './verify.ts';

/** Commands that answer from files alone, without controller and without root. */
export function defineOffline(program: Command, session: Session): void {
  const policy = group(program, 'policy', 'begin, check, test and format policy files, and bring them into force');
  define(policy, session, policyCheckCommand);
  define(policy, session, policyTestCommand);
  define(policy, session, policyAnomaliesCommand);
  define(policy, session, policyPruneCommand);
  define(policy, session, policyCountCommand);
  define(policy, session, policyFmtCommand);
  define(policy, session, policyTemplateCommand);
  define(policy, session, policySchemaCommand);
  defineAsCode(policy, session);
  define(program, session, decideCommand);
  define(program, session, explainCommand);
  define(program, session, diffCommand);
  define(program, session, verifyCommand);
  define(program, session, compileCommand);
  const exporting = group(program, 'export', 'write the policy in the formats of others, exactly or not at all');
  define(exporting, session, exportKubernetesCommand);
  define(
    group(program, 'import', 'what others say of workloads and policy, as documents'),
    session,
    importKubernetesCommand,
  );
}
