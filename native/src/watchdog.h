#ifndef BULKHEAD_WATCHDOG_H
#define BULKHEAD_WATCHDOG_H

/*
 * Waits so many seconds for the script to be taken away, which says that the change it undoes is kept; otherwise takes
 * it and runs it with nft. Returns an exit code.
 */
int watchdog_run(unsigned seconds, const char *script);

#endif
