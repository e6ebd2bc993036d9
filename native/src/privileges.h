#ifndef BULKHEAD_PRIVILEGES_H
#define BULKHEAD_PRIVILEGES_H

/* Ends this process when its parent ends. Returns -1 when the parent has already gone. */
int follow_parent(int parent);

/* Gives up every capability, for good. Returns -1 with errno. */
int drop_privileges(void);

/* Gives up everything but the administration of networks, for this process and whatever it starts. */
int keep_network_administration(void);

#endif
