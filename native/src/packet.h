/* What a log record keeps of a packet: addresses and the first bytes of the layer above. */
#ifndef BULKHEAD_PACKET_H
#define BULKHEAD_PACKET_H

#include <stddef.h>
#include <stdint.h>

struct packet {
	uint8_t family;   /* 4 or 6 */
	uint8_t protocol; /* behind IPv6 extension headers */
	uint8_t tcp_flags;
	uint8_t has_ports;    /* first and second are set */
	uint8_t has_sequence; /* sequence is set */
	uint16_t first;       /* source port, or ICMP type << 8 | code */
	uint16_t second;      /* destination port, or the identifier of an ICMP echo */
	uint32_t sequence;    /* of TCP */
	uint8_t source[16];   /* IPv4 in the first four bytes */
	uint8_t destination[16];
};

/* Reads a packet from its network header on. Returns 0, or -1 when there is no whole IP header.
 * A packet that is cut above that is a packet without ports. Never reads past bytes + length. */
int packet_parse(const uint8_t *bytes, size_t length, struct packet *out);

#endif
