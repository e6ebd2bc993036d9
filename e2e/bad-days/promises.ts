/**
 * What is promised of each bad day, in sentences. `bad-days` prints them beside what it checks, and docs/bad-days.md is
 * made of them.
 */
export type Promises = {
  readonly title: string;
  readonly passes: string;
  readonly stops: string;
  readonly shown: string;
  /** What an operator does. */
  readonly operator: string;
  /** Another scenario that shows it with packets. */
  readonly scenario?: string;
};

export const promises = {
  'controller-gone': {
    title: 'the controller is gone for an hour',
    passes: 'what the last ruleset allows, and connections from before',
    stops:
      'everything else; rules that somebody takes away are put back within 5 s, and an agent that is started again loads its own file',
    shown: 'hosts as not connected, with the gap; what was seen meanwhile is reported afterwards, at its own time',
    operator: 'start the controller; hosts come back by themselves, at most 8 s apart',
  },
  'agent-killed': {
    title: 'the agent is killed in the middle of a change',
    passes: 'what both rulesets allow',
    stops:
      'what both deny: the kernel holds one ruleset or the other, never a part; what only the newer one denies may go on until the agent is back',
    shown: 'the host as not connected; a change that nobody kept is taken back by the watchdog',
    operator: 'nothing where the unit starts it again; it goes on from what the kernel says it holds',
  },
  'host-rebooted': {
    title: 'a host is destroyed and booted',
    passes: 'what its last good ruleset allows, from before it has a network',
    stops:
      'everything else, and connections from before; with its disk lost it enforces nothing until it is enrolled, and its peers go on at their ends',
    shown: 'as not connected until its agent is in session; then it takes what came meanwhile',
    operator: 'with the disk lost: a pairing key with --replace',
  },
  'disk-full': {
    title: "the disk of a host's agent is full",
    passes: 'what it holds allows; what a newer version opens',
    stops:
      'what it holds denies; a change that takes something away is refused until there is room for its undo, an isolation is not',
    shown: '"Cannot keep the undo ... room is needed" at the host, and as failed at the version',
    operator: 'make room; the change is taken by itself',
  },
  'conntrack-full': {
    title: 'the table of connection tracking is full',
    passes: 'connections that exist',
    stops:
      'every new connection, allowed or not, before any rule sees it; so a change that takes something away is taken back, and an isolation cuts all the same',
    shown:
      '"Connection tracking is full" at the host with the packets dropped; they are in no flow and in no loss, because no rule saw them',
    operator: 'raise net.netfilter.nf_conntrack_max, or find who makes so many connections',
  },
  'rules-flushed': {
    title: 'another tool flushes, deletes or changes our rules',
    passes: 'for up to three seconds what is denied; connections that are allowed go on',
    stops: 'what is denied, as soon as it is put back',
    shown: '"The kernel\'s rules were changed by somebody else, with nft, and put back" with what, and a count',
    operator: 'find the program that is named',
  },
  'foreign-drop': {
    title: 'another tool drops what we allow',
    passes: 'what both allow',
    stops: 'what either drops: our accept does not override it, and connections that exist are cut, too',
    shown: '"Another firewall drops what ..." at the host with table, chain and rule',
    operator: 'change that rule; we never touch it',
  },
  'same-priority': {
    title: 'another table holds our priority',
    passes: 'what both allow, whichever was loaded first',
    stops: 'what either drops, whichever was loaded first: its accept does not override our drop',
    shown: 'nothing, unless it drops what we allow',
    operator: 'nothing',
  },
  'address-storm': {
    title: '10,000 addresses change within about a second',
    passes: 'for each workload what its last address may',
    stops: 'what comes from addresses before it, within 10 s of the last change',
    shown: 'the generation that hosts hold; changes are put together, so they are fewer than the addresses',
    operator: 'nothing',
  },
  'cut-off': {
    title: 'a policy would cut a host off from its controller, its name server and SSH',
    passes: 'all three again within 30 s, with nobody touching it, also with the agent killed meanwhile',
    stops: 'new connections to them until then',
    shown: '"rolled back:" with who was not reached, at the host and at the version',
    operator: 'correct the policy; a Dependency names what else must stay reachable',
    scenario: 'lock-out',
  },
  'half-away': {
    title: 'half the hosts cannot be reached while a version is provisioned',
    passes: 'what both ends allow: the older ruleset at a host that is away, the newer one at the others',
    stops: 'what either end denies; what the version closes is closed wherever one of the two is reached',
    shown: 'the command ends with 1 and names them; they are not proven',
    operator: 'nothing; they take it within seconds of coming back',
  },
  'corrupt-file': {
    title: 'a host boots with a broken ruleset file',
    passes:
      'what the ruleset before it allows; with that broken as well everything, until the controller sends it anew',
    stops: 'the rest; where the kernel still holds rules they stay',
    shown:
      '"ruleset-file" at the host, with which one was loaded instead; exit code 3 of the unit at boot where none was',
    operator: 'nothing; look why the disk lost it',
    scenario: 'lock-out',
  },
  'older-nft': {
    title: 'nft on a host refuses a feature',
    passes: 'what the host holds allows; booted with it, and nothing in the kernel, everything',
    stops: 'what it holds denies; every change is refused',
    shown: 'which feature is missing, at the host and among its capabilities; never as proven',
    operator: 'install nftables 1.0.6 or later',
  },
  'two-versions': {
    title: 'agents of two versions',
    passes: 'what the ruleset allows, on both',
    stops:
      'what it denies; a ruleset with something that an older agent does not know is refused as a whole, and it keeps what it holds',
    shown:
      'what it refused and why, at the host and at the version; what it never heard of (trials, resets, proofs, guests) is not asked of it',
    operator: 'bring agents up to date before a policy needs what is new',
  },
} satisfies Readonly<Record<string, Promises>>;

export type DayName = keyof typeof promises;
export const dayNames = Object.keys(promises) as DayName[];

/** The document, of which nothing is written by hand. */
export function promisesText(): string {
  const rows = dayNames.map((name) => {
    const { title, passes, stops, shown, operator, scenario }: Promises = promises[name];
    const by = scenario === undefined ? `\`bad-days ${name}\`` : `\`${scenario}\``;
    return `| ${title} | ${passes} | ${stops} | ${shown} | ${operator} | ${by} |`;
  });
  return `# Bad days

What passes and what does not when something goes wrong, what is shown, and what an operator does. Each row is checked with packets between
real agents on real kernels: \`npm run e2e -- bad-days\` runs all of them, \`npm run e2e -- bad-days NAME...\` some. These sentences are
the ones it prints.

| what happens | what passes | what does not | what is shown | what an operator does | checked by |
|---|---|---|---|---|---|
${rows.join('\n')}

Our rules never loosen by themselves because something is missing: not the controller, not the agent, not the disk. The four rows in which
something denied passes say so: rules that were taken away and are not back yet, a host without disk, a boot with both files broken, and a boot with
an nft that refuses a ruleset. Its peers go on enforcing at their ends then.
`;
}
