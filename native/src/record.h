/* The binary stream on standard output; sensors/nflog/README.md describes it and sensors/nflog/record.ts reads it. */
#ifndef BULKHEAD_RECORD_H
#define BULKHEAD_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "packet.h"

struct log_event {
	struct packet packet;
	uint8_t hook; /* 1 in, 3 out: the kernel's NF_INET_LOCAL_* */
	uint8_t has_uid;
	uint32_t uid;
	uint64_t nanoseconds; /* since the epoch */
	const char *prefix;
	size_t prefix_length;
};

struct stats {
	uint64_t received;  /* packets the kernel handed over */
	uint64_t overruns;  /* times the kernel said that it had to drop */
	uint64_t gaps;      /* packets missing by sequence number */
	uint64_t malformed; /* packets or messages that could not be read, and are in no record */
};

void record_hello(uint16_t group);
void record_event(const struct log_event *event);
/* The most of a packet that is copied: more than name servers answer over UDP. */
enum { MOST_PACKET = 4096 };
/* A packet from its IP header on, cut to that. */
void record_packet(const uint8_t *bytes, size_t length);
/* The firewall's rules are others than before; the name is that of the program that changed them, or empty. */
void record_change(const char *name, size_t length);
void record_stats(const struct stats *stats);

/* Writes out what is buffered. Returns -1 when nobody reads any more. The other functions flush when the buffer is
 * full and remember that failure for the next call of this one. */
int record_flush(void);

#endif
