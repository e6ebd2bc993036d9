/** A lab of three hosts, small enough to read whole: what tests parse, render and run. */
export const smallLab = `kind: Lab
name: small
domain: lab.test
control: {addresses: [10.1.255.1, "fd01:ff::1"], port: 8444}
segments:
  - {name: only, v4: 10.1.1.0/24, v6: "fd01:1::/64"}
hosts:
  - {name: web-1, segment: only, addresses: [10.1.1.11, "fd01:1::11"], labels: {role: web}, daemons: [{run: nginx, api: api-1}]}
  - {name: api-1, segment: only, addresses: [10.1.1.12, "fd01:1::12"], labels: {role: api}, daemons: [{run: api, cache: api-1}, redis, dnsmasq]}
  - {name: client-1, segment: only, addresses: [10.1.1.13, "fd01:1::13"], managed: false, daemons: [{run: http-client, to: web-1, rate: 2}]}
edges:
  - {from: client-1, to: web-1, service: tcp/80, process: /usr/sbin/nginx, unit: nginx.service}
  - {from: client-1, to: api-1, service: udp/53, process: /usr/sbin/dnsmasq, unit: dnsmasq.service}
`;
