import type { Api } from './parts.ts';

/** What the one-time link opens: a form, until the console brings its own. Script apart, so that none is inline. */
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Bulkhead: set up</title>
<h1>Set up Bulkhead</h1>
<p>This makes the first administrator. The link works once.</p>
<form id="setup">
<p><label>Name <input name="name" autocomplete="username" required></label></p>
<p><label>Password <input name="password" type="password" autocomplete="new-password" minlength="12" required></label></p>
<p><button>Create</button></p>
</form>
<p id="answer" role="status"></p>
<script src="/setup.js"></script>
</html>
`;

const script = `const form = document.getElementById('setup');
const answer = document.getElementById('answer');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = { token: location.hash.slice(1), name: form.elements.name.value, password: form.elements.password.value };
  const response = await fetch('/api/v1/setup', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const said = await response.json();
  answer.textContent = response.ok ? 'Done. The API is described at /docs.' : said.detail;
  if (response.ok) history.replaceState(null, '', '/setup');
});
`;

export function setupPage(app: Api): void {
  const hidden = { schema: { hide: true } };
  app.get('/', hidden, (_request, reply) => reply.redirect('/docs'));
  app.get('/setup', hidden, (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  app.get('/setup.js', hidden, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(script));
}
