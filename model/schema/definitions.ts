import { keySpaces } from '../label-text.ts';
import { defined, type JsonSchema, listOf, mapOf, oneOfKeys, oneOrMore } from './json-schema.ts';

const text = (description: string, more: JsonSchema = {}): JsonSchema => ({ type: 'string', ...more, description });

/** Without what could end a quoted string of other programs (`wrongName`); bytes are not counted here. */
const namePattern = without('');
const ruleNamePattern = without('/');
/** No space at either end, and `more` characters that are no part of it. */
function without(more: string): string {
  return `^(?!\\s)[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029"'\`\\\\$${more}]+(?<!\\s)$`;
}

const labelPart = '[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';

const momentPattern = '^\\d{4}-\\d\\d-\\d\\d([Tt ]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,3})?([Zz]|[+-]\\d\\d:\\d\\d))?$';

const rule = mapOf(
  {
    name: text('Unique in the ruleset; the rule id is <ruleset>/<rule>', {
      pattern: ruleNamePattern,
      minLength: 1,
      maxLength: 100,
    }),
    allow: oneOrMore(defined('service'), 'Services that are allowed'),
    deny: oneOrMore(defined('service'), 'Services that are denied'),
    pass: oneOrMore(defined('service'), 'Services that the rest of the tier does not judge'),
    from: defined('ends', 'Where connections come from'),
    to: defined('ends', 'Where connections go to'),
    except: listOf(defined('exception'), 'What the rule leaves out'),
    at: { enum: ['both', 'source', 'destination'], default: 'both', description: 'Which end enforces it' },
    state: defined('state'),
    expires: text('A date or time from which it holds no more', { pattern: momentPattern }),
    reverify: text('How long a connection that it allowed goes on before it is judged again', {
      pattern: '^[1-9]\\d{0,8}[smhd]$',
    }),
    'accept-wider': {
      type: 'boolean',
      default: false,
      description: 'It may allow more than it says where no end can know what it asks',
    },
    owner: text('Who answers for it', { maxLength: 1000 }),
    reason: text('Why it is there', { maxLength: 1000 }),
  },
  ['name', 'from', 'to'],
  { oneOf: oneOfKeys(['allow', 'deny', 'pass']) },
);

const placeKeys = ['selector', 'ipList', 'prefix', 'name', 'virtualService', 'any'];

/** One of the places and none of the others; scopes bind selectors only. */
const endPlaces = placeKeys.map((key): JsonSchema => {
  const others = [...placeKeys.filter((other) => other !== key), ...(key === 'selector' ? [] : ['scope'])];
  return { required: [key], not: { anyOf: oneOfKeys(others) } };
});

/** Who without where: every workload. */
const anyWorkload: JsonSchema = {
  anyOf: oneOfKeys(['process', 'user', 'group']),
  not: { anyOf: oneOfKeys(placeKeys) },
};

const end: JsonSchema = {
  anyOf: [
    defined('selector'),
    mapOf(
      {
        selector: defined('selector'),
        ipList: defined('ipListName', 'The name of an IpList'),
        prefix: defined('prefix'),
        name: defined('domain', 'A domain name, in the `to` of allow rules'),
        virtualService: defined('virtualServiceName', 'The name of a VirtualService, in `to`'),
        any: { const: true, description: 'Any address' },
        scope: { const: 'none', description: 'The scopes of the ruleset do not narrow this end' },
        process: defined('process'),
        user: defined('user', 'Who connects, in `from`'),
        group: defined('userGroupName', 'The name of a UserGroup whose members connect, in `from`'),
      },
      [],
      { anyOf: [...endPlaces, anyWorkload], not: { required: ['user', 'group'] } },
    ),
  ],
};

const exception = mapOf(
  {
    from: defined('ends', 'Connections from these'),
    to: defined('ends', 'Connections to these'),
    services: oneOrMore(defined('service'), 'These services'),
  },
  [],
  { anyOf: oneOfKeys(['from', 'to', 'services']) },
);

/** What several kinds are made of, by the name that a reference says. */
export const definitions: Readonly<Record<string, JsonSchema>> = {
  name: text('A name of at most 100 bytes', { minLength: 1, maxLength: 100, pattern: namePattern }),
  ipListName: text('A name of an IpList', { minLength: 1, maxLength: 100, pattern: namePattern }),
  virtualServiceName: text('A name of a VirtualService', { minLength: 1, maxLength: 100, pattern: namePattern }),
  userGroupName: text('A name of a UserGroup', { minLength: 1, maxLength: 100, pattern: namePattern }),
  labelGroupName: text('A name of a LabelGroup', { maxLength: 63, pattern: `^${labelPart}$` }),
  domain: text('A domain name, or `*.` and one: every name below it', {
    minLength: 1,
    maxLength: 254,
    pattern: '^(\\*\\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$',
  }),
  process: text('The path of an executable, or a unit such as `nginx.service`', { minLength: 1 }),
  user: text('A name of a user', { minLength: 1, maxLength: 256 }),
  person: text('The name of a user of the controller, or of a token', {
    pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$',
  }),
  never: mapOf(
    {
      from: defined('ends', 'Where connections come from'),
      to: defined('ends', 'Where connections go to'),
      services: oneOrMore(defined('service'), 'Absent: every service'),
    },
    ['from', 'to'],
  ),
  moment: text('A date or time', { pattern: momentPattern }),
  tier: text('A name of a tier', { minLength: 1, maxLength: 100, pattern: namePattern }),
  portName: text('A name of a port', { maxLength: 15, pattern: '^(?=[a-z0-9-]*[a-z])[a-z0-9]+(-[a-z0-9]+)*$' }),
  word: text('A short word', { pattern: `^${labelPart}$` }),
  labelKey: text('A key of labels', {
    maxLength: 328,
    pattern: `^((${keySpaces.join('|')}):)?([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?${labelPart}$`,
  }),
  labelValue: text('A value of a label', { maxLength: 63, pattern: `^(${labelPart})?$` }),
  selector: text(
    'Labels of workloads, as in `role=web,env in (prod,@nonprod),!quarantined` with `@` before a LabelGroup; empty: every workload',
  ),
  service: text(
    '`all`, a protocol and port such as `tcp/5432`, the name of a port such as `tcp/http`, or of a Service',
    { minLength: 1 },
  ),
  range: text('A protocol and port such as `tcp/5432`', { minLength: 1 }),
  prefix: text('`192.0.2.0/24` or an address', { minLength: 1 }),
  address: text('An address', { minLength: 2 }),
  state: { enum: ['active', 'staged', 'disabled'], default: 'active', description: 'Whether it judges anything' },
  mode: { enum: ['observe', 'test', 'selective', 'enforce'], description: 'What a host does with a decision' },
  end,
  ends: oneOrMore(defined('end'), 'A selector, a map, or a list of those: their union'),
  exception,
  rule,
  testLine: text('`web-1 -> api-1 tcp/8080`', { pattern: '^\\s*\\S+\\s+->\\s+\\S+\\s+\\S' }),
};
