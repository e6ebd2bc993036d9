/* An address and a port of either family, as text and as bytes. */
#ifndef BULKHEAD_ENDPOINT_H
#define BULKHEAD_ENDPOINT_H

#include <stdint.h>

/* IPv4 stands in the IPv6 form ::ffff:a.b.c.d: a socket of one family may hold a connection of the other. */
struct endpoint {
	uint8_t address[16];
	uint16_t port;
};

enum { ENDPOINT_TEXT = 46 };

void endpoint_from(struct endpoint *out, uint8_t family, const void *address);
/* 4 or 6: what goes over the wire. */
int endpoint_family(const struct endpoint *endpoint);
/* The address alone, into ENDPOINT_TEXT bytes. */
const char *endpoint_text(const struct endpoint *endpoint, char *into);
/* Returns 0, or -1 when the text is no address. */
int endpoint_parse(const char *text, struct endpoint *out);

#endif
