import assert from 'node:assert/strict';
import test from 'node:test';
import { fakeFiles } from '@bulkhead/sensors/procfs/file-tree.ts';
import { enforcesForGuests } from '@bulkhead/wire/messages.ts';
import { capabilitiesOf } from './capabilities.ts';

const bridge = { '/sys/class/net/docker0/bridge/bridge_id': '8000.0' };
const [v4, v6] = ['/proc/sys/net/bridge/bridge-nf-call-iptables', '/proc/sys/net/bridge/bridge-nf-call-ip6tables'];
const veth = { '/sys/class/net/eth0/address': '02:00:00:00:00:01' };

for (const [title, files, unseen] of [
  ['no bridge', { ...veth }, []],
  ['no bridge, and a setting that would hide one', { ...veth, [v4]: '0\n' }, []],
  ['a bridge that is seen', { ...veth, ...bridge, [v4]: '1\n', [v6]: '1\n' }, []],
  ['a bridge that is hidden', { ...bridge, [v4]: '0\n', [v6]: '0\n' }, ['IPv4', 'IPv6']],
  ['a bridge that is hidden for one family', { ...bridge, [v4]: '1\n', [v6]: '0\n' }, ['IPv6']],
  ['a bridge, and a kernel without the setting', { ...bridge }, ['IPv4', 'IPv6']],
] as const)
  test(`what is not covered: ${title}`, () => {
    const capabilities = capabilitiesOf(fakeFiles(files));
    const found = capabilities.absent.filter((text) => text.includes('bridge'));
    assert.deepEqual(
      found.map((text) => text.slice(0, 4)),
      unseen,
    );
    for (const text of found)
      assert.match(text, /such as docker0 \(net\.bridge\.bridge-nf-call-ip6?tables is not 1\)$/);
    assert.equal(enforcesForGuests(capabilities), true);
  });
