import { labelSources } from '../documents.ts';
import { type DocumentKind, documentKinds } from '../parse.ts';
import { definitions } from './definitions.ts';
import { defined, type JsonSchema, listOf, mapOf, oneOfKeys, oneOrMore, someOf } from './json-schema.ts';

type Kind = {
  readonly about: string;
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
  readonly more?: JsonSchema;
};

const workloadName: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 253,
  pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N}_./-]*$',
};

const kinds: { readonly [K in DocumentKind]: Kind } = {
  Workload: {
    about: 'Something with labels and addresses',
    properties: {
      name: workloadName,
      labels: { type: 'object', propertyNames: defined('labelKey'), additionalProperties: defined('labelValue') },
      addresses: listOf(
        { anyOf: [defined('address'), mapOf({ network: defined('word'), address: defined('address') }, ['address'])] },
        'Addresses, outside the default network with the name of theirs',
      ),
      ports: {
        type: 'object',
        propertyNames: defined('portName'),
        additionalProperties: oneOrMore(defined('range'), 'Ports that it calls so, one range of each protocol'),
      },
      enforcer: { const: 'none', description: 'Nothing enforces it: it is known by its addresses alone' },
      host: { ...workloadName, description: 'The Workload on whose kernel it runs, and whose agent enforces for it' },
    },
    required: ['name'],
    more: { not: { required: ['enforcer', 'host'] } },
  },
  Ruleset: {
    about: 'Rules with a scope',
    properties: {
      name: defined('name'),
      tier: { ...defined('tier'), default: 'application' },
      state: defined('state'),
      scopes: oneOrMore(defined('selector'), 'Both ends of every rule lie in one of these'),
      each: oneOrMore(defined('labelKey'), 'Both ends of every rule agree in these labels'),
      rules: listOf(defined('rule'), 'The rules, in no order'),
    },
    required: ['name', 'rules'],
    more: { not: { required: ['scopes', 'each'] } },
  },
  Service: {
    about: 'Protocols and ports under one name',
    properties: {
      name: defined('name'),
      ports: oneOrMore(defined('range'), 'What it stands for'),
      process: defined('process', 'What has to serve it'),
      application: { ...defined('name'), description: 'What is spoken there' },
    },
    required: ['name', 'ports'],
  },
  IpList: {
    about: 'Prefixes and domain names under one name',
    properties: {
      name: defined('name'),
      prefixes: listOf(defined('prefix'), 'What is in it'),
      except: listOf(defined('prefix'), 'What is not in it after all'),
      names: listOf(defined('domain'), 'Domain names, where a rule allows something to the list'),
    },
    required: ['name'],
    more: { anyOf: oneOfKeys(['prefixes', 'names']) },
  },
  LabelGroup: {
    about: 'Values of one label key under one name, for selectors: `env in (@nonprod)`',
    properties: {
      name: defined('labelGroupName'),
      key: defined('labelKey', 'The key that its values are of'),
      values: someOf(defined('labelValue'), 'The values'),
      groups: someOf(defined('labelGroupName'), 'Groups of the same key whose values are in it too'),
    },
    required: ['name', 'key'],
    more: { anyOf: oneOfKeys(['values', 'groups']) },
  },
  UserGroup: {
    about: 'Users under one name',
    properties: { name: defined('name'), members: someOf(defined('user'), 'Who is in it') },
    required: ['name', 'members'],
  },
  VirtualService: {
    about: 'Addresses that a load balancer answers for others',
    properties: {
      name: defined('name'),
      frontends: someOf(
        {
          anyOf: [
            { type: 'string', pattern: '^\\s*\\S+\\s+\\S+\\s*$' },
            mapOf(
              {
                network: defined('word'),
                address: defined('address'),
                service: defined('range', 'One port'),
              },
              ['address', 'service'],
            ),
          ],
        },
        'Where clients connect to, as in `10.0.9.9 tcp/443`',
      ),
      members: mapOf(
        {
          selector: defined('selector', 'Who answers'),
          ports: {
            type: 'object',
            minProperties: 1,
            propertyNames: { pattern: '^[a-z]+/\\d+$' },
            additionalProperties: defined('range'),
            description: 'From the port of a frontend to the port of the members, where they differ',
          },
        },
        ['selector'],
        { description: 'The workloads behind it' },
      ),
      source: {
        anyOf: [
          { const: 'preserved' },
          mapOf({ snat: oneOrMore(defined('prefix'), 'Where the load balancer connects from') }, ['snat']),
        ],
        default: 'preserved',
        description: 'Where members see connections come from',
      },
    },
    required: ['name', 'frontends', 'members'],
  },
  LabelSource: {
    about: 'Who may set which labels on which workloads',
    properties: {
      name: defined('name'),
      source: { enum: labelSources, description: 'Where the labels come from' },
      keys: oneOrMore(defined('labelKey'), 'The keys that it may set'),
      selector: defined('selector', 'The workloads that it may label; absent: every workload'),
      apply: { enum: ['immediately', 'as-draft'], description: 'Whether what it says takes effect at once' },
    },
    required: ['name', 'source', 'keys', 'apply'],
  },
  Ownership: {
    about: 'Who may change the files below a directory, and for which workloads',
    properties: {
      name: defined('name'),
      directory: { type: 'string', minLength: 1, maxLength: 401, description: 'As in `teams/shop`' },
      scope: defined('selector', 'The workloads that the owners speak for'),
      owners: oneOrMore(defined('person'), 'Names of users and of tokens'),
      tiers: oneOrMore(defined('tier'), 'The tiers of their rulesets; absent: `application`'),
      labels: oneOrMore(defined('labelKey'), 'Keys of labels that they may assign in the scope; absent: none', 0),
    },
    required: ['name', 'directory', 'scope', 'owners'],
  },
  Invariant: {
    about: 'What must never be possible, whatever the rules say',
    properties: {
      name: defined('name'),
      never: defined('never', 'Connections that must not be allowed'),
      except: listOf(defined('exception'), 'Connections that may be allowed after all'),
    },
    required: ['name', 'never'],
  },
  Logon: {
    about: 'A user who is logged on at an address',
    properties: {
      user: defined('user'),
      network: defined('word'),
      address: defined('address'),
      from: defined('moment', 'Since when; absent: always'),
      until: defined('moment', 'Until when, exclusive; absent: for ever'),
    },
    required: ['user', 'address'],
  },
  LabelKey: {
    about: 'A key of labels and the values it may have',
    properties: {
      name: defined('labelKey'),
      values: listOf(defined('labelValue'), 'Absent: any value'),
      locked: { type: 'boolean', default: false, description: 'No other value may be given' },
    },
    required: ['name'],
  },
  Mode: {
    about: 'How workloads enforce',
    properties: { selector: defined('selector'), inbound: defined('mode'), outbound: defined('mode') },
    required: ['selector'],
    more: { anyOf: oneOfKeys(['inbound', 'outbound']) },
  },
  Tiers: {
    about: 'The order of the tiers after those that always come first',
    properties: {
      order: {
        type: 'array',
        minItems: 1,
        items: {
          anyOf: [
            defined('tier'),
            mapOf({ group: defined('tier'), tiers: { type: 'array', minItems: 1, items: defined('tier') } }, [
              'group',
              'tiers',
            ]),
          ],
        },
        description: 'Tiers and groups of tiers, first to last',
      },
    },
    required: ['order'],
  },
  Test: {
    about: 'Connections that the policy must allow or deny',
    properties: {
      name: defined('name'),
      allow: oneOrMore(defined('testLine'), 'Must be allowed', 0),
      deny: oneOrMore(defined('testLine'), 'Must be denied', 0),
    },
    required: ['name'],
    more: { anyOf: oneOfKeys(['allow', 'deny']) },
  },
  Lifeline: {
    about: 'What every host reaches whatever the policy says',
    properties: {
      name: defined('name'),
      controllers: oneOrMore(
        { type: 'string', pattern: '^\\s*\\S+\\s+\\S+\\s*$' },
        'Prefixes and services, as in `10.80.0.1/32 tcp/8444`',
        0,
      ),
      dns: oneOrMore(defined('prefix'), 'Name servers', 0),
      time: oneOrMore(defined('prefix'), 'Time servers', 0),
      ssh: oneOrMore(defined('prefix'), 'Where people may log in from', 0),
    },
    required: ['name'],
  },
  Dependency: {
    about: 'What workloads cannot do without: a change that cuts them off from it is taken back',
    properties: {
      name: defined('name'),
      of: defined('selector'),
      to: oneOrMore(
        { type: 'string', pattern: '^\\s*\\S+\\s+\\S+\\s*$' },
        'Addresses or workloads and a TCP port, as in `db-1 tcp/5432`',
        1,
      ),
    },
    required: ['name', 'of', 'to'],
  },
};

/**
 * One JSON Schema per kind of document, for editors and other programs. They say which keys there are, which are needed
 * and what may stand in them; whatever the parser takes is valid under them. The grammar of selectors, services and
 * addresses, and what holds between documents, is said by the parser alone.
 */
export const documentSchemas = Object.fromEntries(documentKinds.map((kind) => [kind, schemaOf(kind)])) as {
  readonly [K in DocumentKind]: JsonSchema;
};

function schemaOf(kind: DocumentKind): JsonSchema {
  const { about, properties, required, more = {} } = kinds[kind];
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:bulkhead:schema:${kind}`,
    title: kind,
    description: about,
    ...mapOf({ kind: { const: kind }, ...properties }, ['kind', ...required], more),
    $defs: usedBy(properties),
  };
}

/** The definitions that are referred to, directly or through others. */
function usedBy(properties: Kind['properties']): Readonly<Record<string, JsonSchema>> {
  const used = new Map<string, JsonSchema>();
  const visit = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/\$defs\/(\w+)"/g)) {
      const schema = definitions[name];
      if (schema === undefined || used.has(name)) continue;
      used.set(name, schema);
      visit(schema);
    }
  };
  visit(properties);
  return Object.fromEntries(used);
}
