#ifndef BULKHEAD_NFLOG_H
#define BULKHEAD_NFLOG_H

#include <stdint.h>

/* RECORDS: what a rule decided about a packet, many at a time. PACKETS: packets as they are, each at once. */
enum nflog_what { NFLOG_RECORDS, NFLOG_PACKETS };

/* Reads one NFLOG group of the network namespace it is in until nobody listens. Returns the exit code. */
int nflog_run(uint16_t group, enum nflog_what what);

#endif
