#include "packet.h"

#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132, UDPLITE = 136, DCCP = 33 };
enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60, MOBILITY = 135 };

/* More headers than this before the transport header are nobody's ordinary traffic. */
enum { MOST_EXTENSIONS = 8 };

static uint16_t read16(const uint8_t *p)
{
	return (uint16_t)((p[0] << 8) | p[1]);
}

static uint32_t read32(const uint8_t *p)
{
	return ((uint32_t)read16(p) << 16) | read16(p + 2);
}

static void parse_transport(const uint8_t *bytes, size_t length, struct packet *out)
{
	switch (out->protocol) {
	case ICMP:
	case ICMPV6:
		if (length < 2)
			return;
		out->first = read16(bytes);
		if (length >= 6)
			out->second = read16(bytes + 4);
		out->has_ports = 1;
		return;
	case TCP:
		if (length >= 14) {
			out->sequence = read32(bytes + 4);
			out->tcp_flags = bytes[13];
			out->has_sequence = 1;
		}
		/* fall through */
	case UDP:
	case SCTP:
	case UDPLITE:
	case DCCP:
		if (length < 4)
			return;
		out->first = read16(bytes);
		out->second = read16(bytes + 2);
		out->has_ports = 1;
		return;
	default:
		return;
	}
}

static int parse_v4(const uint8_t *bytes, size_t length, struct packet *out)
{
	if (length < 20)
		return -1;
	size_t header = (size_t)(bytes[0] & 15) * 4;
	if (header < 20)
		return -1;
	out->family = 4;
	out->protocol = bytes[9];
	memcpy(out->source, bytes + 12, 4);
	memcpy(out->destination, bytes + 16, 4);
	int later_fragment = (read16(bytes + 6) & 0x1fff) != 0;
	if (!later_fragment && header < length)
		parse_transport(bytes + header, length - header, out);
	return 0;
}

/* Length in bytes of the extension header at bytes, or 0 when this is not one or not all of its first 8 bytes are here. */
static size_t extension_length(uint8_t protocol, const uint8_t *bytes, size_t length)
{
	if (length < 8)
		return 0;
	switch (protocol) {
	case HOP_BY_HOP:
	case ROUTING:
	case DESTINATION:
	case MOBILITY:
		return ((size_t)bytes[1] + 1) * 8;
	case AUTHENTICATION:
		return ((size_t)bytes[1] + 2) * 4;
	case FRAGMENT:
		return 8;
	default:
		return 0;
	}
}

static int parse_v6(const uint8_t *bytes, size_t length, struct packet *out)
{
	if (length < 40)
		return -1;
	out->family = 6;
	out->protocol = bytes[6];
	memcpy(out->source, bytes + 8, 16);
	memcpy(out->destination, bytes + 24, 16);
	size_t at = 40;
	for (int i = 0; i < MOST_EXTENSIONS; i++) {
		size_t size = extension_length(out->protocol, bytes + at, length - at);
		if (size == 0)
			break;
		int later_fragment = out->protocol == FRAGMENT && (read16(bytes + at + 2) & 0xfff8) != 0;
		out->protocol = bytes[at];
		if (later_fragment || size > length - at)
			return 0;
		at += size;
	}
	parse_transport(bytes + at, length - at, out);
	return 0;
}

int packet_parse(const uint8_t *bytes, size_t length, struct packet *out)
{
	memset(out, 0, sizeof *out);
	if (length == 0)
		return -1;
	switch (bytes[0] >> 4) {
	case 4:
		return parse_v4(bytes, length, out);
	case 6:
		return parse_v6(bytes, length, out);
	default:
		return -1;
	}
}
