import type { Document, ModeDocument, Rule, RulesetDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { NetworkAddress } from '@bulkhead/model/words.ts';
import { type Address, addressFromBits } from '@bulkhead/net/address.ts';
import { except, ipList, mode, place, rule, ruleset, service } from './documents.ts';
import { type Random, seededRandom } from './random.ts';

/** `rules`: instances in force, each scope of a ruleset counted; nearly exact. */
export type CompanySize = {
  readonly workloads: number;
  readonly apps: number;
  readonly rules: number;
  readonly seed: number;
};

const envs = ['prod', 'stage', 'dev'] as const;
const locs = ['ams', 'fra', 'lon', 'nyc', 'sin', 'syd'] as const;
const roles = ['lb', 'web', 'api', 'worker', 'cache', 'queue', 'db', 'search'] as const;
const sharedApps = ['monitoring', 'dns', 'backup', 'bastion', 'logging', 'directory'] as const;

/**
 * A company: applications of very different sizes in three environments and six locations, a ruleset per application
 * with a scope per environment, services that everybody shares, guardrails between environments, ip lists, and a few of
 * everything else that the language has. The same size and seed give the same documents; a million workloads take
 * seconds.
 */
export function company({ workloads, apps, rules, seed }: CompanySize): Document[] {
  const random = seededRandom(seed);
  const members = sharesOf(apps, Math.max(0, workloads - sharedCount(workloads)));
  const documents: Document[] = [];
  const perApp = Math.max(1, Math.round((rules - sharedRules) / apps / envs.length));
  for (let app = 0; app < apps; app++) {
    const own = random.some(roles, 3, 6);
    documents.push(appRuleset(random, { name: appName(app), roles: own, rules: perApp }));
    for (let index = 0; index < (members[app] ?? 0); index++)
      documents.push(appWorkload(random, { app, roles: own, index, number: documents.length }));
  }
  for (let index = 0; index < sharedCount(workloads); index++)
    documents.push(sharedWorkload(random, index, documents.length));
  return [...documents, ...sharedPolicy()];
}

const appName = (app: number): string => `app-${app}`;
const sharedCount = (workloads: number): number => Math.max(sharedApps.length, Math.floor(workloads / 200));

/** Sizes that fall off with rank: the largest of 1,000 applications has about thirty times what the median has. */
function sharesOf(apps: number, total: number): number[] {
  const weights = Array.from({ length: apps }, (_, rank) => 1 / (rank + 8) ** 0.75);
  const sum = weights.reduce((a, b) => a + b, 0);
  const shares = weights.map((weight) => Math.floor((weight / sum) * total));
  const left = total - shares.reduce((a, b) => a + b, 0);
  for (let index = 0; index < left; index++) shares[index % apps] = (shares[index % apps] ?? 0) + 1;
  return shares;
}

type AppWorkload = {
  readonly app: number;
  readonly roles: readonly string[];
  readonly index: number;
  readonly number: number;
};

function appWorkload(random: Random, { app, roles: own, index, number }: AppWorkload): WorkloadDocument {
  const env = random.chance(0.5) ? 'prod' : random.chance(0.4) ? 'stage' : 'dev';
  // The first roles of an application have the most workloads, and its first workloads have every role.
  const role = own[index < own.length ? index : Math.floor(random.unit() ** 1.6 * own.length)] ?? 'web';
  // An application lives in one location and has a second one to fall back on.
  const home = Math.floor(((app * 0.618) % 1) ** 1.5 * locs.length) + (random.chance(0.15) ? 1 : 0);
  const labels: Record<string, string> = { role, app: appName(app), env, loc: locs[home % locs.length] ?? 'ams' };
  if (app % 20 === 7) labels.pci = 'yes';
  if (random.chance(0.001)) labels.quarantined = 'yes';
  return workloadOf(random, `w-${number}`, labels);
}

function sharedWorkload(random: Random, index: number, number: number): WorkloadDocument {
  const app = sharedApps[index % sharedApps.length] ?? 'dns';
  return workloadOf(random, `w-${number}`, { role: 'server', app, loc: locs[skewed(random, locs.length)] ?? 'ams' });
}

const skewed = (random: Random, length: number): number => Math.floor(random.unit() ** 1.5 * length);

function workloadOf(random: Random, name: string, labels: Readonly<Record<string, string>>): WorkloadDocument {
  const number = Number(name.slice(2));
  const addresses: NetworkAddress[] = [{ network: 'main', address: ipv4(number) }];
  if (random.chance(0.1))
    addresses.push({ network: 'main', address: addressFromBits(6, (0xfd00n << 112n) + BigInt(number)) });
  const enforced = !random.chance(0.05);
  return { kind: 'Workload', name, labels, addresses, ports: {}, enforced, host: null, fallbackMode: 'enforce', place };
}

/** 10.0.0.0/8 with the numbers scattered, so that neighbours are not of one application. */
function ipv4(number: number): Address {
  const bits = Math.imul(number, 0x9e3779b1) >>> 8;
  return `10.${bits >>> 16}.${(bits >>> 8) & 255}.${bits & 255}` as Address;
}

type App = { readonly name: string; readonly roles: readonly string[]; readonly rules: number };

function appRuleset(random: Random, { name, roles: own, rules }: App): RulesetDocument {
  const list = Array.from({ length: rules }, (_, index): Rule => {
    const from = own[index % own.length] ?? 'web';
    const to = own[(index + 1 + Math.floor(index / own.length)) % own.length] ?? 'db';
    const ports = random.chance(0.2) ? 'postgres' : `tcp/${8000 + ((index * 7) % 40)}`;
    return rule(`${from}-${to}-${index}`, `allow ${ports}`, [fromEnd(random, from), `role=${to}`], {
      state: random.chance(0.02) ? 'staged' : 'active',
      except: random.chance(0.01) ? [except('quarantined', null, null)] : [],
    });
  });
  return ruleset(name, list, { scopes: envs.map((env) => `app=${name},env=${env}`) });
}

function fromEnd(random: Random, role: string): string {
  if (random.chance(0.02)) return 'role notin (db,cache)';
  if (random.chance(0.02)) return '!quarantined';
  if (random.chance(0.03)) return `role in (${role},worker)`;
  return random.chance(0.01) ? 'list:partners' : `role=${role}`;
}

/** How many rules `sharedPolicy` has. */
const sharedRules = 18;

function sharedPolicy(): Document[] {
  const bastions = locs.map((loc) => rule(`bastion-${loc}`, 'allow tcp/22', [`app=bastion,loc=${loc}`, `loc=${loc}`]));
  const shared = [
    rule('scrape', 'allow tcp/9100', ['app=monitoring', '']),
    rule('names', 'allow udp/53 tcp/53', ['', 'app=dns']),
    rule('backup', 'allow tcp/8200', ['app=backup', 'role in (db,search)']),
    rule('logs', 'allow tcp/6514', ['env in (prod,stage)', 'app=logging']),
    rule('directory', 'allow tcp/636', ['!quarantined', 'app=directory']),
    rule('updates', 'allow tcp/443', ['', 'any'], { at: 'source' }),
    rule('partners', 'allow tcp/443', ['list:partners', 'role=lb']),
    rule('office', 'allow tcp/22', ['list:office', 'env notin (prod)']),
    ...bastions,
  ];
  const guard = [
    rule('dev-prod', 'deny all', ['env=dev', 'env=prod'], { except: [except(null, 'role=lb', ['tcp/443'])] }),
    rule('stage-prod', 'deny all', ['env=stage', 'env=prod']),
    rule('card-data', 'deny tcp/5432', ['pci!=yes,app notin (backup,monitoring)', 'pci=yes,role=db']),
    rule('quarantine', 'deny all', ['quarantined', 'any']),
  ];
  const modes: ModeDocument[] = [mode('env=dev', 'test', 'test'), mode('env=stage', 'selective', null)];
  return [
    service('postgres', ['tcp/5432']),
    ipList('partners', ['192.0.2.0/24', '198.51.100.0/25'], ['192.0.2.128/25']),
    ipList('office', ['172.16.0.0/12', 'fd99::/32']),
    ruleset('shared', shared),
    ruleset('guard', guard, { tier: 'guardrail' }),
    ...modes,
  ];
}
