import { first } from './api/first.ts';

// What every page asks first is on its way while the console itself is still being loaded.
void first.begin(location.pathname);
// This file waits for nothing, not even for the rest of its page.
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();

function start(): void {
  void import('./main.tsx');
}
