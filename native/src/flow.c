#include "flow.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

enum { HAS_SOURCE = 1, HAS_DESTINATION = 2, HAS_BOTH = 3 };

static void take_address(const struct attribute *attribute, struct endpoint *into, int *found, int which)
{
	if (attribute->size != 4 && attribute->size != 16)
		return;
	endpoint_from(into, attribute->size == 4 ? AF_INET : AF_INET6, attribute->value);
	*found |= which;
}

static int read_addresses(struct attributes inside, struct tuple *out)
{
	struct attribute attribute;
	int found = 0;
	while (attribute_next(&inside, &attribute)) {
		if (attribute.type == CTA_IP_V4_SRC || attribute.type == CTA_IP_V6_SRC)
			take_address(&attribute, &out->source, &found, HAS_SOURCE);
		else if (attribute.type == CTA_IP_V4_DST || attribute.type == CTA_IP_V6_DST)
			take_address(&attribute, &out->destination, &found, HAS_DESTINATION);
	}
	return found == HAS_BOTH;
}

static int read_protocol(struct attributes inside, struct tuple *out, uint8_t *protocol)
{
	struct attribute attribute;
	int found = 0;
	while (attribute_next(&inside, &attribute)) {
		uint8_t first = attribute.size > 0 ? attribute.value[0] : 0;
		switch (attribute.type) {
		case CTA_PROTO_NUM:
			*protocol = first;
			found = attribute.size > 0;
			break;
		case CTA_PROTO_SRC_PORT:
			out->source.port = attribute_big16(&attribute);
			break;
		case CTA_PROTO_DST_PORT:
		case CTA_PROTO_ICMP_ID:
		case CTA_PROTO_ICMPV6_ID:
			out->destination.port = attribute_big16(&attribute);
			break;
		case CTA_PROTO_ICMP_TYPE:
		case CTA_PROTO_ICMPV6_TYPE:
			out->source.port = (uint16_t)(out->source.port | (first << 8));
			break;
		case CTA_PROTO_ICMP_CODE:
		case CTA_PROTO_ICMPV6_CODE:
			out->source.port = (uint16_t)(out->source.port | first);
			break;
		default:
			break;
		}
	}
	return found;
}

static int read_tuple(const struct attribute *whole, struct tuple *out, uint8_t *protocol)
{
	struct attributes inside = {whole->value, whole->size};
	struct attribute attribute;
	int addresses = 0, numbered = 0;
	while (attribute_next(&inside, &attribute)) {
		struct attributes deeper = {attribute.value, attribute.size};
		if (attribute.type == CTA_TUPLE_IP)
			addresses = read_addresses(deeper, out);
		else if (attribute.type == CTA_TUPLE_PROTO)
			numbered = read_protocol(deeper, out, protocol);
	}
	return addresses && numbered;
}

static uint8_t read_state(struct attributes inside)
{
	struct attribute attribute, state;
	while (attribute_next(&inside, &attribute)) {
		struct attributes deeper = {attribute.value, attribute.size};
		if (attribute.type != CTA_PROTOINFO_TCP)
			continue;
		while (attribute_next(&deeper, &state))
			if (state.type == CTA_PROTOINFO_TCP_STATE && state.size > 0)
				return state.value[0];
	}
	return 0;
}

int flow_parse(const uint8_t *body, size_t length, struct flow *out)
{
	struct nfgenmsg head;
	struct attribute attribute;
	int original = 0, reply = 0;
	memset(out, 0, sizeof *out);
	if (length < sizeof head)
		return -1;
	memcpy(&head, body, sizeof head);
	out->family = head.nfgen_family;
	size_t skipped = NLMSG_ALIGN(sizeof head);
	struct attributes attributes = {body + skipped, length > skipped ? length - skipped : 0};
	while (attribute_next(&attributes, &attribute)) {
		switch (attribute.type) {
		case CTA_TUPLE_ORIG:
			original = read_tuple(&attribute, &out->original, &out->protocol);
			out->named = attribute.value;
			out->named_size = attribute.size;
			break;
		case CTA_TUPLE_REPLY:
			reply = read_tuple(&attribute, &out->reply, &out->protocol);
			break;
		case CTA_TUPLE_MASTER:
			out->has_master = (uint8_t)read_tuple(&attribute, &out->master, &out->master_protocol);
			break;
		case CTA_MARK:
			out->mark = attribute_big32(&attribute);
			break;
		case CTA_STATUS:
			out->status = attribute_big32(&attribute);
			break;
		case CTA_TIMEOUT:
			out->timeout = attribute_big32(&attribute);
			break;
		case CTA_ZONE:
			out->zone = attribute_big16(&attribute);
			break;
		case CTA_PROTOINFO:
			out->state = read_state((struct attributes){attribute.value, attribute.size});
			break;
		default:
			break;
		}
	}
	return original && reply ? 0 : -1;
}
