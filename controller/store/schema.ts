import type { Generated } from 'kysely';

/** Tables as they lie on disk. Times are milliseconds since the epoch; `json` columns hold JSON text. */
type Json = string;
type Flag = 0 | 1;

export type Tables = {
  meta: { key: string; value: string };
  workloads: {
    name: string;
    managed: Flag;
    labels: Json;
    addresses: Json;
    ports: Json;
    fallback_mode: string;
    serial: string | null;
    enrolment: number;
    source: Json | null;
    host: string | null;
    created_at: number;
    updated_at: number;
  };
  renewals: { workload: string; enrolled: string; serial: string; next: Json };
  pairing_keys: {
    id: string;
    secret_hash: string;
    name: string | null;
    labels: Json;
    mode: string;
    replaces: Flag;
    uses_left: number;
    expires_at: number;
    created_at: number;
    created_by: string;
  };
  drafts: {
    name: string;
    base: number;
    files: Json;
    labels: Json;
    revision: number;
    updated_at: number;
    updated_by: string;
  };
  versions: {
    number: number;
    hash: string;
    base: number | null;
    files: Json;
    labels: Json;
    note: string;
    created_at: number;
    created_by: string;
  };
  host_states: {
    workload: string;
    generation: number;
    revision: number;
    hash: string;
    ruleset: string;
    applied: Json | null;
    inventory: Json | null;
    seen_at: number | null;
  };
  host_amendments: {
    workload: string;
    generation: number;
    version: number;
    delta: Json;
  };
  provisions: {
    version: number;
    state: string;
    started_at: number;
    finished_at: number | null;
    hosts: Json;
    waves: Json | null;
  };
  isolations: {
    id: Generated<number>;
    target: Json;
    rescue: Json | null;
    allowed: Json;
    controllers: Json;
    reason: string;
    created_at: number;
    created_by: string;
    expires_at: number | null;
    released_at: Generated<number | null>;
    released_by: Generated<string | null>;
    run: Generated<Json | null>;
  };
  audit: {
    number: number;
    at: number;
    actor: string;
    action: string;
    subject: string;
    detail: Json;
    previous: string;
    hash: string;
  };
  users: { name: string; password_hash: string; role: string; created_at: number };
  sessions: { token_hash: string; user: string; created_at: number; expires_at: number };
  invitations: {
    name: string;
    token_hash: string;
    role: string;
    created_at: number;
    created_by: string;
    expires_at: number;
  };
  api_tokens: {
    name: string;
    token_hash: string;
    role: string;
    created_at: number;
    created_by: string;
    expires_at: number;
    last_used_at: number | null;
  };
  idempotency: {
    actor: string;
    key: string;
    request_hash: string;
    status: number;
    answer: string;
    created_at: number;
  };
  proofs: {
    workload: string;
    text: Json | null;
    signature: string | null;
    certificate: string | null;
    received_at: number | null;
    notes: Json;
  };
  proof_hours: {
    workload: string;
    hour: number;
    text: Json;
    signature: string;
    certificate: string;
    received_at: number;
  };
  proof_certificates: { fingerprint: string; pem: string };
  estate_events: {
    number: Generated<number>;
    at: number;
    kind: string;
    workload: string;
    body: Json;
  };
};
