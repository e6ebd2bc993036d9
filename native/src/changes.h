#ifndef BULKHEAD_CHANGES_H
#define BULKHEAD_CHANGES_H

/* A socket that is told of every change of firewall rules in this network namespace; -1 where there is none. */
int changes_open(void);

/* Writes a record for each change that waits there. */
void changes_read(int fd);

#endif
