import type { OptionText } from '../command.ts';

/** How to reach the controller; see endpoint.ts for what holds when neither is given. */
export const onlineOptions: readonly OptionText[] = [
  {
    flags: '--data <directory>',
    about: "the controller's directory on this machine (default: BULKHEAD_DATA or /var/lib/bulkhead)",
  },
  {
    flags: '--url <url>',
    about: 'a controller elsewhere, after bulkhead login or with BULKHEAD_TOKEN (default: BULKHEAD_CONTROLLER)',
  },
];
