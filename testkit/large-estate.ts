import type { Document, Rule } from '@bulkhead/model/documents.ts';
import { ipList, mode, rule, ruleset, workload } from './documents.ts';

/**
 * An estate of the shape companies have: applications of a few roles in two environments, a ruleset per application,
 * a few rules for all. 20 workloads per application and environment.
 */
export function largeEstate(workloads: number, rules: number): Document[] {
  const roles = ['web', 'api', 'db', 'cache', 'worker'];
  const apps = Math.max(1, Math.floor(workloads / 40));
  const documents: Document[] = Array.from({ length: workloads }, (_, index) => {
    const [app, env] = [index % apps, Math.floor(index / apps) % 2 === 0 ? 'prod' : 'dev'];
    const labels = `role=${roles[Math.floor(index / apps / 2) % roles.length]},app=app-${app},env=${env}`;
    return workload(`w-${index}`, labels, [`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`]);
  });
  const perApp = Math.max(1, Math.floor((rules - 4) / apps));
  for (let app = 0; app < apps; app++) {
    const own = Array.from({ length: perApp }, (_, index): Rule => {
      const [from = '', to = ''] = [roles[index % roles.length], roles[(index + 1) % roles.length]];
      return rule(`r${index}`, `allow tcp/${5000 + index}`, [`role=${from}`, `role=${to}`]);
    });
    documents.push(ruleset(`app-${app}`, own, { scopes: [`app=app-${app},env=prod`, `app=app-${app},env=dev`] }));
  }
  const shared = [
    rule('monitoring', 'allow tcp/9100', ['role=worker,app=app-0', '']),
    rule('partners', 'allow tcp/443', ['list:partners', 'role=web']),
    rule('updates', 'allow tcp/443', ['', 'any']),
  ];
  documents.push(ruleset('shared', shared), ipList('partners', ['192.0.2.0/24'], ['192.0.2.128/25']));
  documents.push(ruleset('guard', [rule('dev-prod', 'deny all', ['env=dev', 'env=prod'])], { tier: 'guardrail' }));
  documents.push(mode('env=dev', 'test', 'test'));
  return documents;
}
