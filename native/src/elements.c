/* Fills maps of nf_tables. nft spends seconds on a hundred thousand elements, nearly all of it before the kernel sees one. */
#include "elements.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* MESSAGE: a nested attribute has 16 bits for its length. BATCH: one transaction; the kernel copies it whole.
 * COMMENT: the kernel allows 256 bytes of user data. */
enum { MOST_LINE = 1024, MOST_COMMENT = 128, MESSAGE = 48 * 1024, BATCH = 1024 * 1024 };
/* NFPROTO_INET; the kernel header that has it and the ones of the C library exclude each other. */
enum { ANSWER = 64 * 1024, FAMILY_INET = 1 };

enum key_kind { KEY_NONE, KEY_ADDRESS4, KEY_ADDRESS6, KEY_NUMBER };

static struct {
	int fd;
	uint32_t sequence;
	const char *table;
	/* One transaction under construction, the message in it that is still open, and the list inside that message. */
	uint8_t *bytes;
	size_t used, message, list;
	char map[NFT_NAME_MAXLEN];
	enum key_kind kind;
	uint32_t last;
	unsigned long added;
} out = {.fd = -1};

static void *append(const void *from, size_t size)
{
	uint8_t *to = out.bytes + out.used;
	memcpy(to, from, size);
	memset(to + size, 0, NLA_ALIGN(size) - size);
	out.used += NLA_ALIGN(size);
	return to;
}

static void put(uint16_t type, const void *value, size_t size)
{
	struct nlattr head = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type};
	append(&head, sizeof head);
	append(value, size);
}

static size_t nest(uint16_t type)
{
	struct nlattr head = {.nla_type = type | NLA_F_NESTED};
	size_t at = out.used;
	append(&head, sizeof head);
	return at;
}

static void end_nest(size_t at)
{
	uint16_t length = (uint16_t)(out.used - at);
	memcpy(out.bytes + at, &length, sizeof length);
}

static size_t begin_message(uint16_t type, uint16_t flags, uint16_t resource)
{
	struct nlmsghdr head = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = ++out.sequence};
	struct nfgenmsg family = {.nfgen_family = FAMILY_INET, .version = NFNETLINK_V0, .res_id = htons(resource)};
	size_t at = out.used;
	append(&head, sizeof head);
	append(&family, sizeof family);
	return at;
}

static void end_message(size_t at)
{
	uint32_t length = (uint32_t)(out.used - at);
	memcpy(out.bytes + at, &length, sizeof length);
}

static void begin_batch(void)
{
	out.used = 0;
	end_message(begin_message(NFNL_MSG_BATCH_BEGIN, 0, NFNL_SUBSYS_NFTABLES));
}

static void close_map(void)
{
	if (out.message == 0)
		return;
	end_nest(out.list);
	end_message(out.message);
	out.message = 0;
}

static void open_map(void)
{
	uint16_t type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWSETELEM;
	out.message = begin_message(type, NLM_F_CREATE | NLM_F_ACK, 0);
	out.last = out.sequence;
	put(NFTA_SET_ELEM_LIST_TABLE, out.table, strlen(out.table) + 1);
	put(NFTA_SET_ELEM_LIST_SET, out.map, strlen(out.map) + 1);
	out.list = nest(NFTA_SET_ELEM_LIST_ELEMENTS);
}

/* Every message is answered; the answer to the last one comes when the transaction is done with. */
static int wait_for_answers(void)
{
	static uint8_t answer[ANSWER];
	for (;;) {
		ssize_t got = recv(out.fd, answer, sizeof answer, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		size_t left = (size_t)got;
		for (struct nlmsghdr *head = (struct nlmsghdr *)answer; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
			const struct nlmsgerr *error = NLMSG_DATA(head);
			if (head->nlmsg_type != NLMSG_ERROR || head->nlmsg_len < NLMSG_LENGTH(sizeof *error))
				continue;
			if (error->error != 0) {
				errno = -error->error;
				return -1;
			}
			if (head->nlmsg_seq == out.last)
				return 0;
		}
	}
}

static int send_batch(void)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	close_map();
	end_message(begin_message(NFNL_MSG_BATCH_END, 0, NFNL_SUBSYS_NFTABLES));
	ssize_t sent = sendto(out.fd, out.bytes, out.used, 0, (struct sockaddr *)&kernel, sizeof kernel);
	if (sent < 0 || (size_t)sent != out.used || wait_for_answers() < 0)
		return -1;
	begin_batch();
	return 0;
}

/* A class handle as nft writes it, `MAJOR:MINOR` in hexadecimal, in the byte order of this machine: 4 bytes, or -1. */
static int read_number(const char *text, uint8_t *into)
{
	unsigned int major, minor;
	int end = 0;
	uint32_t value = 0;
	if (strcmp(text, "root") == 0)
		value = UINT32_MAX;
	else if (strcmp(text, "none") != 0) {
		if (sscanf(text, "%4x:%4x%n", &major, &minor, &end) != 2 || text[end] != '\0')
			return -1;
		value = major << 16 | minor;
	}
	memcpy(into, &value, sizeof value);
	return sizeof value;
}

/* Bytes read, or -1. */
static int read_key(enum key_kind kind, const char *text, uint8_t *into)
{
	switch (kind) {
	case KEY_ADDRESS4:
		return inet_pton(AF_INET, text, into) == 1 ? 4 : -1;
	case KEY_ADDRESS6:
		return inet_pton(AF_INET6, text, into) == 1 ? 16 : -1;
	case KEY_NUMBER:
		return read_number(text, into);
	case KEY_NONE:
		break;
	}
	return -1;
}

static void put_value(uint16_t type, const uint8_t *bytes, int length)
{
	size_t at = nest(type);
	put(NFTA_DATA_VALUE, bytes, (size_t)length);
	end_nest(at);
}

/* The form in which nft keeps the comment of an element: type 0, length, text with its end. */
static void put_comment(const char *comment)
{
	uint8_t bytes[2 + MOST_COMMENT + 1] = {0};
	size_t length = strlen(comment) + 1;
	bytes[1] = (uint8_t)length;
	memcpy(bytes + 2, comment, length);
	put(NFTA_SET_ELEM_USERDATA, bytes, 2 + length);
}

/* `map NAME ipv4_addr|ipv6_addr|classid`: what follows goes into this map. */
static int take_map(const char *name, const char *kind)
{
	if (name == NULL || kind == NULL || strlen(name) >= sizeof out.map)
		return -1;
	if (strcmp(kind, "ipv4_addr") == 0)
		out.kind = KEY_ADDRESS4;
	else if (strcmp(kind, "ipv6_addr") == 0)
		out.kind = KEY_ADDRESS6;
	else if (strcmp(kind, "classid") == 0)
		out.kind = KEY_NUMBER;
	else
		return -1;
	close_map();
	snprintf(out.map, sizeof out.map, "%s", name);
	return 0;
}

/* `KEY VALUE [COMMENT]`. -1: not that; -2: the kernel refused. */
static int take_element(const char *first, const char *second, const char *comment)
{
	uint8_t key[16], value[4];
	if (first == NULL || second == NULL || (comment != NULL && strlen(comment) > MOST_COMMENT))
		return -1;
	int length = read_key(out.kind, first, key);
	if (length < 0 || read_number(second, value) < 0)
		return -1;
	if (out.message != 0 && out.used - out.message > MESSAGE)
		close_map();
	if (out.used > BATCH && send_batch() < 0)
		return -2;
	if (out.message == 0)
		open_map();
	size_t at = nest(NFTA_LIST_ELEM);
	put_value(NFTA_SET_ELEM_KEY, key, length);
	put_value(NFTA_SET_ELEM_DATA, value, sizeof value);
	if (comment != NULL && *comment != '\0')
		put_comment(comment);
	end_nest(at);
	out.added++;
	return 0;
}

static int take(char *line)
{
	char *rest = line;
	const char *first = strsep(&rest, " "), *second = strsep(&rest, " ");
	return strcmp(first, "map") == 0 ? take_map(second, rest) : take_element(first, second, rest);
}

static int open_kernel(void)
{
	int room = 2 * BATCH;
	out.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (out.fd < 0)
		return -1;
	/* Best effort: where the kernel does not give the room, sending says so. */
	(void)setsockopt(out.fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
	(void)setsockopt(out.fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
	/* Room for one more message and the end beyond the limit at which a batch is sent. */
	out.bytes = malloc(BATCH + 2 * MESSAGE);
	return out.bytes == NULL ? -1 : 0;
}

static int refused(void)
{
	fprintf(stderr, "Cannot add elements to table \"%s\": %s\n", out.table, strerror(errno));
	return 3;
}

int elements_run(const char *table)
{
	char line[MOST_LINE];
	unsigned long number = 0;
	out.table = table;
	if (strlen(table) >= NFT_NAME_MAXLEN || open_kernel() < 0)
		return refused();
	begin_batch();
	while (fgets(line, sizeof line, stdin) != NULL) {
		size_t length = strlen(line);
		int taken = length > 0 && line[length - 1] == '\n' ? (line[length - 1] = '\0', take(line)) : -1;
		number++;
		if (taken == -2)
			return refused();
		if (taken < 0) {
			fprintf(stderr, "Cannot read line %lu: \"map NAME TYPE\" or \"KEY VALUE [COMMENT]\" is needed\n", number);
			return 2;
		}
	}
	if (out.message != 0 && send_batch() < 0)
		return refused();
	printf("added %lu\n", out.added);
	return fflush(stdout) == 0 ? 0 : 3;
}
