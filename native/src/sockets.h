#ifndef BULKHEAD_SOCKETS_H
#define BULKHEAD_SOCKETS_H

/* Writes one line for every connection that a socket of this network namespace has: TCP, and UDP sockets that are
 * connected. Returns the exit code. */
int sockets_run(void);

/* Ends the connections named on standard input, `PROTOCOL LOCAL PORT PEER PORT` each, and says in the same order which
 * were. */
int destroy_run(void);

/* For tests: netlink messages on standard input instead of the kernel's. */
int sockets_parse(void);

#endif
