import { createServer } from 'node:http';

/** What a guest serves: it answers whatever it is asked on the port (argument), and keeps connections open. */
const [port = '8080'] = process.argv.slice(2);
const server = createServer((_, response) => response.end('ok\n'));
server.keepAliveTimeout = 600_000;
server.listen(Number(port), '::');
