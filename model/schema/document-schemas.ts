import type { DocumentKind } from '../parse.ts';
import { definitions } from './definitions.ts';
import { defined, type JsonSchema, listOf, mapOf, oneOfKeys, oneOrMore } from './json-schema.ts';

type Kind = {
  readonly about: string;
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
  readonly more?: JsonSchema;
};

const kinds: { readonly [K in DocumentKind]: Kind } = {
  Workload: {
    about: 'Something with labels and addresses',
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 253, pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N}_./-]*$' },
      labels: { type: 'object', propertyNames: defined('labelKey'), additionalProperties: defined('labelValue') },
      addresses: listOf(
        { anyOf: [defined('address'), mapOf({ network: defined('word'), address: defined('address') }, ['address'])] },
        'Addresses, outside the default network with the name of theirs',
      ),
      ports: { type: 'object', propertyNames: defined('word'), additionalProperties: defined('range') },
      enforcer: { const: 'none', description: 'Nothing enforces it: it is known by its addresses alone' },
    },
    required: ['name'],
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
    properties: { name: defined('name'), ports: oneOrMore(defined('range'), 'What it stands for') },
    required: ['name', 'ports'],
  },
  IpList: {
    about: 'Prefixes under one name',
    properties: {
      name: defined('name'),
      prefixes: listOf(defined('prefix'), 'What is in it'),
      except: listOf(defined('prefix'), 'What is not in it after all'),
      names: { type: 'array', maxItems: 0, description: 'Domain names are not enforced yet' },
    },
    required: ['name'],
    more: { anyOf: oneOfKeys(['prefixes', 'names']) },
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
};

/**
 * One JSON Schema per kind of document, for editors and other programs. They say which keys there are, which are needed
 * and what may stand in them; whatever the parser takes is valid under them. The grammar of selectors, services and
 * addresses, and what holds between documents, is said by the parser alone.
 */
export const documentSchemas: { readonly [K in DocumentKind]: JsonSchema } = {
  Workload: schemaOf('Workload'),
  Ruleset: schemaOf('Ruleset'),
  Service: schemaOf('Service'),
  IpList: schemaOf('IpList'),
  LabelKey: schemaOf('LabelKey'),
  Mode: schemaOf('Mode'),
  Tiers: schemaOf('Tiers'),
  Test: schemaOf('Test'),
  Lifeline: schemaOf('Lifeline'),
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
