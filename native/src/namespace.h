#ifndef BULKHEAD_NAMESPACE_H
#define BULKHEAD_NAMESPACE_H

/* Goes into a network namespace, given as the id of a process in it or as a path. Returns 0, or -1 with errno. */
int namespace_enter(const char *where);

#endif
