#include "flows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow.h"
#include "netlink.h"
#include "privileges.h"

/* A tuple takes 52 bytes for IPv4 and 76 for IPv6. */
enum { MOST_NAMED = 256 };
enum { ALL_OF_A_TEST = 1 << 22 };

struct listing {
	unsigned long written;
	unsigned long unreadable;
};

static int ask(int fd)
{
	const struct nfgenmsg any = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0};
	return netlink_send(fd, (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET, NLM_F_DUMP, &any, sizeof any);
}

static void write_tuple(const struct tuple *tuple)
{
	char source[ENDPOINT_TEXT], destination[ENDPOINT_TEXT];
	printf(" %s %s %u %u", endpoint_text(&tuple->source, source), endpoint_text(&tuple->destination, destination),
	       tuple->source.port, tuple->destination.port);
}

static void write_flow(const uint8_t *body, size_t length, void *context)
{
	struct listing *listing = context;
	struct flow flow;
	if (flow_parse(body, length, &flow) < 0) {
		listing->unreadable++;
		return;
	}
	printf("%u", flow.protocol);
	write_tuple(&flow.original);
	write_tuple(&flow.reply);
	printf(" %x %x %u %u %u", flow.mark, flow.status, flow.timeout, flow.state, flow.zone);
	if (flow.has_master) {
		printf(" %u", flow.master_protocol);
		write_tuple(&flow.master);
	}
	putchar('\n');
	listing->written++;
}

static int conclude(const struct listing *listing, int interrupted)
{
	printf("end %lu %lu %s\n", listing->written, listing->unreadable, interrupted ? "interrupted" : "whole");
	return fflush(stdout) == 0 ? 0 : 3;
}

static int refused(const char *what, int error)
{
	const char *why = error == EPERM ? "CAP_NET_ADMIN is missing" : strerror(error);
	fprintf(stderr, "Cannot %s: %s\n", what, why);
	return 3;
}

int flows_run(void)
{
	struct listing listing = {0};
	int interrupted = 0;
	int fd = netlink_open(NETLINK_NETFILTER);
	if (fd < 0)
		return refused("read the flows", errno);
	/* The kernel asks for the permission when it is asked, and not again while it answers. */
	int error = ask(fd);
	if (error == 0 && drop_privileges() < 0)
		return refused("give up privileges", errno);
	if (error == 0)
		error = netlink_dump(fd, write_flow, &listing, &interrupted);
	close(fd);
	return error == 0 ? conclude(&listing, interrupted) : refused("read the flows", error);
}

int flows_parse(void)
{
	struct listing listing = {0};
	int interrupted = 0;
	uint8_t *bytes = malloc(ALL_OF_A_TEST);
	size_t used = bytes == NULL ? 0 : fread(bytes, 1, ALL_OF_A_TEST, stdin);
	/* Exactly as long as the messages, so that a read past their end is seen by a sanitizer. */
	uint8_t *exact = realloc(bytes, used > 0 ? used : 1);
	if (exact == NULL) {
		free(bytes);
		return 3;
	}
	int state = netlink_read(exact, used, write_flow, &listing, &interrupted);
	free(exact);
	conclude(&listing, interrupted);
	return state < 0 ? 3 : 0;
}

struct clearing {
	const struct marks *marks;
	int fd;
	int error;
	unsigned long cleared;
	unsigned long gone;
};

static int clear_mark(int fd, const struct flow *flow, uint32_t clear)
{
	uint8_t request[NLMSG_ALIGN(sizeof(struct nfgenmsg)) + MOST_NAMED + 64] = {0};
	const struct nfgenmsg head = {.nfgen_family = flow->family, .version = NFNETLINK_V0};
	const uint32_t none = 0, mask = htonl(clear);
	const uint16_t zone = htons(flow->zone);
	if (flow->named_size > MOST_NAMED)
		return EMSGSIZE;
	memcpy(request, &head, sizeof head);
	size_t used = NLMSG_ALIGN(sizeof head);
	used = attribute_put(request, used, CTA_TUPLE_ORIG | NLA_F_NESTED, flow->named, flow->named_size);
	if (flow->zone != 0)
		used = attribute_put(request, used, CTA_ZONE, &zone, sizeof zone);
	used = attribute_put(request, used, CTA_MARK, &none, sizeof none);
	/* The kernel keeps the bits that are not in it. */
	used = attribute_put(request, used, CTA_MARK_MASK, &mask, sizeof mask);
	int error = netlink_send(fd, (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW, NLM_F_ACK, request, used);
	return error != 0 ? error : netlink_answer(fd);
}

static void clear_if_marked(const uint8_t *body, size_t length, void *context)
{
	struct clearing *clearing = context;
	const struct marks *marks = clearing->marks;
	struct flow flow;
	if (clearing->error != 0 || flow_parse(body, length, &flow) < 0)
		return;
	uint32_t ours = flow.mark & marks->bits;
	if (ours < marks->first || ours > marks->last)
		return;
	int error = clear_mark(clearing->fd, &flow, marks->clear);
	if (error == 0)
		clearing->cleared++;
	else if (error == ENOENT)
		clearing->gone++;
	else
		clearing->error = error;
}

int unmark_run(const struct marks *marks)
{
	struct clearing clearing = {.marks = marks, .fd = netlink_open(NETLINK_NETFILTER)};
	int interrupted = 0;
	int fd = netlink_open(NETLINK_NETFILTER);
	if (fd < 0 || clearing.fd < 0)
		return refused("clear marks", errno);
	if (keep_network_administration() < 0)
		return refused("give up privileges", errno);
	int error = ask(fd);
	if (error == 0)
		error = netlink_dump(fd, clear_if_marked, &clearing, &interrupted);
	if (error == 0)
		error = clearing.error;
	if (error != 0)
		return refused("clear marks", error);
	printf("end %lu %lu %s\n", clearing.cleared, clearing.gone, interrupted ? "interrupted" : "whole");
	return fflush(stdout) == 0 ? 0 : 3;
}
