#ifndef BULKHEAD_NFLOG_H
#define BULKHEAD_NFLOG_H

#include <stdint.h>

/* Reads one NFLOG group of the network namespace it is in until nobody listens. Returns the exit code. */
int nflog_run(uint16_t group);

#endif
