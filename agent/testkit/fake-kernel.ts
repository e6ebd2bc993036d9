import { readFileSync, writeFileSync } from 'node:fs';
import type { BackEnd, DecisionCount, Done, Failure, HeldNumbers, KeepUndo } from '@bulkhead/enforce/back-end.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { canonicalContent } from '@bulkhead/model/host-ruleset-text.ts';

/** A kernel that keeps what it is given and can be told to fail, to be changed behind our back, and to count. */
export class FakeKernel implements BackEnd {
  ruleset: HostRuleset | null = null;
  numbers: HeldNumbers | null = null;
  counters: DecisionCount[] = [];
  /** The next change fails with this and changes nothing. */
  failure: Failure | null = null;
  /** Changes are taken and then not there, as with a kernel that holds something else than it was told. */
  forgetful = false;
  /** What the next replacement takes away. */
  retiring: readonly DecisionCount[] = [];
  /** Whether there is a way to look at less than everything. */
  glances = true;
  /** What a look sees differs from what was read, though a whole listing says the same. */
  suspected = false;
  replaced = 0;
  amended = 0;
  settled = 0;
  traces = 0;
  /** Who drops what our rules let pass. */
  dropper: string | null = null;

  async replace(ruleset: HostRuleset, undo?: KeepUndo): Promise<Done<{ readonly retired: readonly DecisionCount[] }>> {
    const failed = this.#fails() ?? (await this.#keep(undo));
    if (failed !== null) return failed;
    this.replaced++;
    this.#hold(ruleset, ruleset.generation);
    const retired = this.retiring;
    this.retiring = [];
    return { kind: 'done', value: { retired } };
  }

  async amend(
    { base, next }: Parameters<BackEnd['amend']>[0],
    undo?: KeepUndo,
  ): Promise<Done<{ readonly retired: readonly [] }>> {
    const failed = this.#fails() ?? (await this.#keep(undo));
    if (failed !== null) return failed;
    if (this.numbers?.generation !== base.generation) throw new Error('amended on top of another generation');
    this.amended++;
    this.#hold(next, base.structure);
    return { kind: 'done', value: { retired: [] } };
  }

  async settle(): Promise<Done<null>> {
    this.settled++;
    return { kind: 'done', value: null };
  }

  async revert(path: string): Promise<Done<null>> {
    const { ruleset, numbers } = JSON.parse(readFileSync(path, 'utf8'));
    [this.ruleset, this.numbers] = [ruleset, numbers];
    return { kind: 'done', value: null };
  }

  async held(): Promise<Done<HeldNumbers | null>> {
    return { kind: 'done', value: this.numbers };
  }

  async compare(ruleset: HostRuleset): ReturnType<BackEnd['compare']> {
    if (this.ruleset === null)
      return { kind: 'done', value: { kind: 'differs', what: ['there is no table of ours'], hollow: true } };
    const same =
      this.numbers?.generation === ruleset.generation &&
      canonicalContent(this.ruleset.content) === canonicalContent(ruleset.content);
    return {
      kind: 'done',
      value: same ? { kind: 'same' } : { kind: 'differs', what: ['chain in_decide'], hollow: false },
    };
  }

  /** As a kernel that nobody else changes rules of; null once it was told to see nothing. */
  async glance(ruleset: HostRuleset): ReturnType<BackEnd['glance']> {
    if (!this.glances) return { kind: 'done', value: null };
    const compared = await this.compare(ruleset);
    if (compared.kind === 'failed') return compared;
    const of = ruleset.content.addresses.length;
    const slice = { first: 0, count: of, of };
    const same = compared.value.kind === 'same';
    const comparison = same && this.suspected ? suspicion : compared.value;
    return { kind: 'done', value: { comparison, epoch: 7, untouched: same && !this.suspected, slice } };
  }

  async counts(): Promise<Done<readonly DecisionCount[]>> {
    return { kind: 'done', value: this.counters };
  }

  async remove(): Promise<Done<null>> {
    this.wipe();
    return { kind: 'done', value: null };
  }

  async whoDrops(): Promise<Done<string | null>> {
    this.traces++;
    return { kind: 'done', value: this.dropper };
  }

  async others(): Promise<Done<string>> {
    return { kind: 'done', value: 'table inet theirs {\n}\n' };
  }

  /** Somebody flushed everything. */
  wipe(): void {
    this.ruleset = null;
    this.numbers = null;
    this.counters = [];
  }

  /** The script of the fake is what it held. */
  async #keep(undo: KeepUndo | undefined): Promise<Failure | null> {
    if (undo === undefined) return null;
    writeFileSync(undo.path, JSON.stringify({ ruleset: this.ruleset, numbers: this.numbers }));
    const armed = await undo.armed();
    return armed.kind === 'failed' ? armed : null;
  }

  #hold(ruleset: HostRuleset, structure: number): void {
    if (this.forgetful) return;
    const { generation, revision, version, hash } = ruleset;
    this.ruleset = ruleset;
    this.numbers = { generation, structure, revision, version, hash, copy: 'a' };
  }

  #fails(): Failure | null {
    const failure = this.failure;
    this.failure = null;
    return failure;
  }
}

export const refusedByKernel: Failure = { kind: 'failed', code: 'enforce-refused', message: 'Cannot run "nft": no' };

const suspicion = { kind: 'differs', what: ['map id4_a has 3 elements instead of 2'], hollow: false } as const;
