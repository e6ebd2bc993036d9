/* What connection tracking knows of one flow. */
#ifndef BULKHEAD_FLOW_H
#define BULKHEAD_FLOW_H

#include <stddef.h>
#include <stdint.h>

#include "endpoint.h"

/* For ICMP the ports are `type << 8 | code` and the identifier; 0 for protocols that have neither. */
struct tuple {
	struct endpoint source;
	struct endpoint destination;
};

struct flow {
	struct tuple original;
	struct tuple reply;
	/* Of the flow whose helper expected this one; only where has_master. */
	struct tuple master;
	uint8_t master_protocol;
	uint8_t has_master;
	uint32_t mark;
	uint32_t status;  /* IPS_*, linux/netfilter/nf_conntrack_common.h */
	uint32_t timeout; /* seconds until it is forgotten */
	uint16_t zone;
	uint8_t protocol;
	uint8_t state; /* TCP_CONNTRACK_*; 0 for other protocols */
	/* The original tuple as the kernel wrote it: with it a flow is named to the kernel. Part of the message. */
	uint8_t family;
	const uint8_t *named;
	size_t named_size;
};

/* Reads a message behind its netlink header. Returns -1 where one of the two tuples cannot be read. */
int flow_parse(const uint8_t *body, size_t length, struct flow *out);

#endif
