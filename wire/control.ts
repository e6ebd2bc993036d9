import type { PeerAddress } from '@bulkhead/model/host-ruleset.ts';
import { identityLimit } from '@bulkhead/model/host-ruleset.ts';
import { decodeHostRuleset, encodeHostRuleset } from '@bulkhead/model/host-ruleset-text.ts';
import { liveModes } from '@bulkhead/model/words.ts';
import { allServices } from '@bulkhead/net/service-space.ts';
import { type Decoded, decoded, refusal, refused } from './decoded.ts';
import {
  address,
  count,
  type Field,
  flag,
  hash,
  list,
  measure,
  nullable,
  oneOf,
  optional,
  record,
  text,
} from './fields.ts';
import { parseJson, readField } from './json.ts';
import {
  type AgentMessage,
  type Applied,
  type Capabilities,
  type ChangeTerms,
  type ControllerMessage,
  type EnrolAnswer,
  type EnrolRequest,
  type GuestHeld,
  guestLimit,
  type Health,
  type Held,
  type Inventory,
  type LearnedAddress,
  type LearnedAddresses,
  type Listener,
  learnedLimit,
  type ProbeCell,
  type Probed,
  type ProbeOrder,
  type ProbeResult,
  probeLimit,
  probeOutcomes,
  type Reach,
  type RenewAnswer,
  type RenewRequest,
  type RulesetDelta,
  type Trial,
} from './messages.ts';
import { signedStatement } from './proof.ts';

/** Characters. An agent's largest message is its inventory: 16,384 listeners of about 200 bytes. */
export const agentMessageLimit = 4 * 1024 * 1024;
/** Characters. A controller's largest message is a ruleset of a million addresses of about 50 bytes. */
export const controllerMessageLimit = 64 * 1024 * 1024;
/** Characters of a request or an answer of enrolment and renewal. */
export const enrolLimit = 64 * 1024;

const most = Number.MAX_SAFE_INTEGER;
const name = text(256);
const sentence = text(4096);
const addressCount = 1_000_000;
/** In PEM. */
const csr = text(8192);
const certificate = text(16384);

const held: Field<Held> = record<Held>({ generation: count(most), hash, revision: count(65535) });
const capabilities = record<Capabilities>({
  level: oneOf('full', 'no process', 'polled'),
  absent: list(sentence, 64),
  covers: optional(list(sentence, 64)),
});
const guests = list(record<GuestHeld>({ workload: name, held }), guestLimit);
const listener = record<Listener>({
  protocol: oneOf('tcp', 'udp'),
  address,
  port: count(65535),
  process: nullable(text(4096)),
  unit: nullable(name),
  package: nullable(name),
  user: nullable(name),
});
const learned = record<LearnedAddress>({ name, address, since: count(most), answered: count(most) });
const inventory = record<Inventory>({
  hostname: name,
  kernel: name,
  system: name,
  addresses: list(record<Inventory['addresses'][number]>({ interface: name, address }), 4096),
  listeners: list(listener, 16384),
  names: optional(record<LearnedAddresses>({ learned: list(learned, learnedLimit), more: count(most) })),
});
const applied = record<Applied>({
  generation: count(most),
  hash,
  proven: flag,
  problem: nullable(sentence),
  milliseconds: measure,
});
const health = record<Health>({
  counted: count(most),
  received: count(most),
  lost: count(most),
  spooledBatches: count(most),
  droppedBatches: count(most),
  restored: count(most),
  agentBytes: count(most),
  helperBytes: count(most),
  problems: list(sentence, 64),
  connectionsEnded: optional(count(most)),
});
const service = count(allServices.last);
const probe = record<ProbeOrder>({
  id: count(most),
  cells: list(record<ProbeCell>({ address, service }), probeLimit),
});
const probed = record<Probed>({
  id: count(most),
  results: list(
    record<ProbeResult>({
      address,
      service,
      outcome: oneOf(...probeOutcomes),
      rule: nullable(name),
      milliseconds: measure,
    }),
    probeLimit,
  ),
});
const peer = record<PeerAddress>({ address, identity: count(identityLimit) });
const delta = record<RulesetDelta>({
  base: held,
  generation: count(most),
  revision: count(65535),
  hash,
  version: count(most),
  addresses: record({ added: list(peer, addressCount), removed: list(peer, addressCount) }),
});

/** What a host depends on and says so: each is a connection of its own. */
export const reachLimit = 64;
export const trialSecondsLimit = 300;
const trial = record<Trial>({
  seconds: count(trialSecondsLimit),
  reach: list(record<Reach>({ address, port: count(65535) }), reachLimit),
});

const terms = { live: optional(oneOf(...liveModes)), trial: optional(nullable(trial)) };

type HelloMessage = Extract<AgentMessage, { readonly kind: 'hello' }>;
type AppliedMessage = Extract<AgentMessage, { readonly kind: 'applied' }>;
type AgentFields = { readonly [M in AgentMessage as M['kind']]: Field<Omit<M, 'kind'>> };
const agentFields: AgentFields = {
  hello: record<Omit<HelloMessage, 'kind'>>({
    wire: count(65535),
    agent: name,
    held: nullable(held),
    guests: optional(guests),
    capabilities,
  }),
  inventory: record({ inventory }),
  applied: record<Omit<AppliedMessage, 'kind'>>({ workload: optional(name), applied }),
  health: record({ health }),
  proof: record({ proof: signedStatement }),
  probed: record({ probed }),
};

type WelcomeMessage = Extract<ControllerMessage, { readonly kind: 'welcome' }>;
type DeltaMessage = Extract<ControllerMessage, { readonly kind: 'delta' }>;
type Plain = Exclude<ControllerMessage, { readonly kind: 'ruleset' }>;
type ControllerFields = { readonly [M in Plain as M['kind']]: Field<Omit<M, 'kind'>> };
const controllerFields: ControllerFields = {
  welcome: record<Omit<WelcomeMessage, 'kind'>>({
    workload: name,
    acknowledged: count(most),
    takes: optional(list(name, 64)),
  }),
  delta: record<Omit<DeltaMessage, 'kind'>>({ workload: optional(name), delta, ...terms }),
  guests: record({ workloads: list(name, guestLimit) }),
  ack: record({ sequence: count(most) }),
  probe: record({ probe }),
  refused: record({ code: name, message: sentence }),
};

const wholeRuleset = record<{ readonly ruleset: string } & ChangeTerms>({
  ruleset: text(controllerMessageLimit),
  ...terms,
});

export const encodeAgentMessage = (message: AgentMessage): string => JSON.stringify(message);

export function decodeAgentMessage(frame: string): Decoded<AgentMessage> {
  const parsed = parseJson(frame, agentMessageLimit);
  return parsed.kind === 'refused' ? parsed : readKind<AgentMessage>(agentFields, parsed.value);
}

/** A ruleset travels as the text that is stored and hashed, so a host keeps byte for byte what it was sent. */
export function encodeControllerMessage(message: ControllerMessage): string {
  if (message.kind !== 'ruleset') return JSON.stringify(message);
  return JSON.stringify({ ...message, ruleset: encodeHostRuleset(message.ruleset) });
}

export function decodeControllerMessage(frame: string): Decoded<ControllerMessage> {
  const parsed = parseJson(frame, controllerMessageLimit);
  if (parsed.kind === 'refused') return parsed;
  if (kindOf(parsed.value) !== 'ruleset') return readKind<ControllerMessage>(controllerFields, parsed.value);
  const body = readField(wholeRuleset, parsed.value, 'ruleset');
  if (body.kind === 'refused') return body;
  const { ruleset, ...how } = body.value;
  const read = decodeHostRuleset(ruleset);
  return read.kind === 'ok' ? decoded({ kind: 'ruleset', ruleset: read.ruleset, ...how }) : refusal(read.problem);
}

export function decodeEnrolRequest(body: string): Decoded<EnrolRequest> {
  const parsed = parseJson(body, enrolLimit);
  if (parsed.kind === 'refused') return parsed;
  const fields = record<EnrolRequest>({ pairingKey: text(512), csr, hostname: name });
  return readField(fields, parsed.value, 'enrol');
}

export function decodeEnrolAnswer(body: string): Decoded<EnrolAnswer> {
  const parsed = parseJson(body, enrolLimit);
  if (parsed.kind === 'refused') return parsed;
  const fields = record<EnrolAnswer>({ certificate, authority: certificate, workload: name });
  return readField(fields, parsed.value, 'enrol');
}

export function decodeRenewRequest(body: string): Decoded<RenewRequest> {
  const parsed = parseJson(body, enrolLimit);
  return parsed.kind === 'refused' ? parsed : readField(record<RenewRequest>({ csr }), parsed.value, 'renew');
}

export function decodeRenewAnswer(body: string): Decoded<RenewAnswer> {
  const parsed = parseJson(body, enrolLimit);
  if (parsed.kind === 'refused') return parsed;
  return readField(record<RenewAnswer>({ certificate, authority: certificate }), parsed.value, 'renew');
}

function readKind<M extends { readonly kind: string }>(
  fields: Readonly<Record<string, Field<object>>>,
  value: unknown,
): Decoded<M> {
  const kind = kindOf(value);
  const field = kind !== null && Object.hasOwn(fields, kind) ? fields[kind] : undefined;
  if (field === undefined || kind === null) {
    return refused('wire-unknown', `Cannot read a message: its kind is none of ${Object.keys(fields).join(', ')}`);
  }
  const body = readField(field, value, kind);
  return body.kind === 'refused' ? body : decoded({ kind, ...body.value } as unknown as M);
}

function kindOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const kind = (value as { readonly kind?: unknown }).kind;
  return typeof kind === 'string' ? kind : null;
}
