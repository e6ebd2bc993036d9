#include "table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Kernels before 6.16 do not say how many elements a set has; their headers do not know the attribute. */
enum { SET_COUNT = 20, MOST_ATTRIBUTES = 32, MOST_KEY = 64, MOST_NAME = 256, MOST_LINE = 512 };

static struct {
	int fd;
	uint32_t sequence;
	const char *table;
} kernel = {.fd = -1};

struct attribute {
	const uint8_t *at;
	size_t length;
};

/* Of a type that is there twice the last one counts; what is cut short ends the list. */
static void read_attributes(struct attribute *into, const uint8_t *at, size_t left)
{
	memset(into, 0, sizeof *into * MOST_ATTRIBUTES);
	while (left >= NLA_HDRLEN) {
		struct nlattr head;
		memcpy(&head, at, sizeof head);
		if (head.nla_len < NLA_HDRLEN || head.nla_len > left)
			return;
		unsigned int type = head.nla_type & NLA_TYPE_MASK;
		if (type < MOST_ATTRIBUTES)
			into[type] = (struct attribute){at + NLA_HDRLEN, head.nla_len - NLA_HDRLEN};
		size_t step = NLA_ALIGN(head.nla_len);
		if (step > left)
			return;
		at += step;
		left -= step;
	}
}

static long number_of(struct attribute attribute, long otherwise)
{
	uint32_t value;
	if (attribute.at == NULL || attribute.length < sizeof value)
		return otherwise;
	memcpy(&value, attribute.at, sizeof value);
	return (long)(int32_t)ntohl(value);
}

/* Names are part of lines of ours: what could end or divide one is shown as a question mark. */
static void print_name(struct attribute name)
{
	size_t length = name.at == NULL ? 0 : strnlen((const char *)name.at, name.length);
	putchar(' ');
	for (size_t i = 0; i < length; i++)
		putchar(name.at[i] > ' ' && name.at[i] < 0x7f ? name.at[i] : '?');
	if (length == 0)
		putchar('?');
}

static void print_hex(struct attribute bytes)
{
	putchar(' ');
	if (bytes.at == NULL || bytes.length == 0)
		putchar('-');
	for (size_t i = 0; bytes.at != NULL && i < bytes.length; i++)
		printf("%02x", bytes.at[i]);
}

struct request {
	uint8_t bytes[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	size_t length;
};

static void begin(struct request *request, int type, int flags)
{
	memset(request, 0, sizeof *request);
	struct nlmsghdr head = {
		.nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = ++kernel.sequence};
	struct nfgenmsg family = {.nfgen_family = 1 /* NFPROTO_INET */, .version = NFNETLINK_V0};
	memcpy(request->bytes, &head, sizeof head);
	memcpy(request->bytes + NLMSG_HDRLEN, &family, sizeof family);
	request->length = NLMSG_LENGTH(sizeof family);
}

static size_t add(struct request *request, int type, const void *value, size_t length)
{
	struct nlattr head = {.nla_len = (uint16_t)(NLA_HDRLEN + length), .nla_type = (uint16_t)type};
	size_t start = request->length;
	if (start + NLA_ALIGN(head.nla_len) > sizeof request->bytes)
		return start;
	memcpy(request->bytes + start, &head, sizeof head);
	if (length > 0)
		memcpy(request->bytes + start + NLA_HDRLEN, value, length);
	request->length += NLA_ALIGN(head.nla_len);
	return start;
}

static void add_name(struct request *request, int type, const char *name)
{
	add(request, type, name, strlen(name) + 1);
}

/* Everything added since `start` stands inside of it. */
static void nest(struct request *request, size_t start)
{
	struct nlattr head;
	memcpy(&head, request->bytes + start, sizeof head);
	head.nla_len = (uint16_t)(request->length - start);
	head.nla_type |= NLA_F_NESTED;
	memcpy(request->bytes + start, &head, sizeof head);
}

typedef void (*reader)(const struct attribute *attributes);

/* Sends a request and gives every answer to `read`. 0, or the kernel's negative error. */
static int ask(struct request *request, reader read)
{
	static uint8_t answer[1 << 17] __attribute__((aligned(NLMSG_ALIGNTO)));
	uint32_t length = (uint32_t)request->length;
	memcpy(request->bytes, &length, sizeof length);
	struct nlmsghdr sent;
	memcpy(&sent, request->bytes, sizeof sent);
	if (send(kernel.fd, request->bytes, request->length, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t got = recv(kernel.fd, answer, sizeof answer, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EPIPE;
		size_t left = (size_t)got;
		for (const uint8_t *at = answer; left >= NLMSG_HDRLEN;) {
			struct nlmsghdr head;
			memcpy(&head, at, sizeof head);
			if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > left)
				return -EBADMSG;
			size_t body = head.nlmsg_len - NLMSG_HDRLEN;
			if (head.nlmsg_seq == sent.nlmsg_seq && head.nlmsg_type == NLMSG_DONE)
				return 0;
			if (head.nlmsg_seq == sent.nlmsg_seq && head.nlmsg_type == NLMSG_ERROR) {
				int error = 0;
				if (body < sizeof error)
					return -EBADMSG;
				memcpy(&error, at + NLMSG_HDRLEN, sizeof error);
				return error;
			}
			if (head.nlmsg_seq == sent.nlmsg_seq && body >= sizeof(struct nfgenmsg)) {
				struct attribute attributes[MOST_ATTRIBUTES];
				size_t skipped = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
				read_attributes(attributes, at + skipped, head.nlmsg_len > skipped ? head.nlmsg_len - skipped : 0);
				read(attributes);
				/* Not a dump: one answer, and nothing that ends it. */
				if (!(head.nlmsg_flags & NLM_F_MULTI))
					return 0;
			}
			size_t step = NLMSG_ALIGN(head.nlmsg_len);
			if (step > left)
				break;
			at += step;
			left -= step;
		}
	}
}

static int is_ours(struct attribute table)
{
	return table.at != NULL && table.length == strlen(kernel.table) + 1 &&
	       memcmp(table.at, kernel.table, table.length) == 0;
}

static void read_generation(const struct attribute *attributes)
{
	printf("generation %lu\n", (unsigned long)(uint32_t)number_of(attributes[NFTA_GEN_ID], 0));
}

static void read_chain(const struct attribute *attributes)
{
	struct attribute hook[MOST_ATTRIBUTES] = {0};
	if (!is_ours(attributes[NFTA_CHAIN_TABLE]))
		return;
	if (attributes[NFTA_CHAIN_HOOK].at != NULL)
		read_attributes(hook, attributes[NFTA_CHAIN_HOOK].at, attributes[NFTA_CHAIN_HOOK].length);
	printf("chain");
	print_name(attributes[NFTA_CHAIN_NAME]);
	printf(" %ld %ld %ld\n", number_of(hook[NFTA_HOOK_HOOKNUM], -1), number_of(hook[NFTA_HOOK_PRIORITY], 0),
	       number_of(attributes[NFTA_CHAIN_POLICY], -1));
}

static void read_rule(const struct attribute *attributes)
{
	if (!is_ours(attributes[NFTA_RULE_TABLE]))
		return;
	printf("rule");
	print_name(attributes[NFTA_RULE_CHAIN]);
	print_hex(attributes[NFTA_RULE_EXPRESSIONS]);
	print_hex(attributes[NFTA_RULE_USERDATA]);
	putchar('\n');
}

static void read_set(const struct attribute *attributes)
{
	if (!is_ours(attributes[NFTA_SET_TABLE]))
		return;
	printf("map");
	print_name(attributes[NFTA_SET_NAME]);
	printf(" %ld %ld %ld %ld %ld %ld\n", number_of(attributes[NFTA_SET_FLAGS], 0),
	       number_of(attributes[NFTA_SET_KEY_TYPE], -1), number_of(attributes[NFTA_SET_KEY_LEN], -1),
	       number_of(attributes[NFTA_SET_DATA_TYPE], -1), number_of(attributes[NFTA_SET_DATA_LEN], -1),
	       number_of(attributes[SET_COUNT], -1));
}

static int elements_seen;

/* Of each element its key, the end of its interval, its flags, and what it maps to; its comment decides nothing. */
static void read_elements(const struct attribute *attributes)
{
	struct attribute list = attributes[NFTA_SET_ELEM_LIST_ELEMENTS];
	const uint8_t *at = list.at;
	size_t left = at == NULL ? 0 : list.length;
	while (left >= NLA_HDRLEN) {
		struct nlattr head;
		memcpy(&head, at, sizeof head);
		if (head.nla_len < NLA_HDRLEN || head.nla_len > left)
			return;
		struct attribute element[MOST_ATTRIBUTES];
		read_attributes(element, at + NLA_HDRLEN, head.nla_len - NLA_HDRLEN);
		printf("element");
		print_name(attributes[NFTA_SET_ELEM_LIST_SET]);
		print_hex(element[NFTA_SET_ELEM_KEY]);
		print_hex(element[NFTA_SET_ELEM_KEY_END]);
		print_hex(element[NFTA_SET_ELEM_FLAGS]);
		print_hex(element[NFTA_SET_ELEM_DATA]);
		putchar('\n');
		elements_seen++;
		size_t step = NLA_ALIGN(head.nla_len);
		if (step > left)
			return;
		at += step;
		left -= step;
	}
}

static int ask_all(int type, int table_attribute, reader read)
{
	struct request request;
	begin(&request, type, NLM_F_DUMP);
	add_name(&request, table_attribute, kernel.table);
	return ask(&request, read);
}

static int ask_generation(void)
{
	struct request request;
	begin(&request, NFT_MSG_GETGEN, 0);
	return ask(&request, read_generation);
}

static void begin_elements(struct request *request, const char *map, int flags)
{
	begin(request, NFT_MSG_GETSETELEM, flags);
	add_name(request, NFTA_SET_ELEM_LIST_TABLE, kernel.table);
	add_name(request, NFTA_SET_ELEM_LIST_SET, map);
}

static int dump_map(const char *map)
{
	struct request request;
	begin_elements(&request, map, NLM_F_DUMP);
	int error = ask(&request, read_elements);
	/* A map that is not there is not among those listed before, which says it. */
	return error == -ENOENT ? 0 : error;
}

/* By key, which costs the same in a map of any size. One that is not there is no error of ours. */
static int get_element(const char *map, const uint8_t *key, size_t length)
{
	struct request request;
	begin_elements(&request, map, 0);
	size_t list = add(&request, NFTA_SET_ELEM_LIST_ELEMENTS, NULL, 0);
	size_t element = add(&request, 1 /* NFTA_LIST_ELEM */, NULL, 0);
	size_t named = add(&request, NFTA_SET_ELEM_KEY, NULL, 0);
	add(&request, NFTA_DATA_VALUE, key, length);
	nest(&request, named);
	nest(&request, element);
	nest(&request, list);
	elements_seen = 0;
	int error = ask(&request, read_elements);
	if (error == -ENOENT || (error == 0 && elements_seen == 0)) {
		printf("lacks %s", map);
		print_hex((struct attribute){key, length});
		putchar('\n');
		return 0;
	}
	return error;
}

static int read_key(const char *text, uint8_t *key, size_t *length)
{
	size_t digits = strlen(text);
	if (digits == 0 || digits % 2 != 0 || digits / 2 > MOST_KEY)
		return -1;
	for (size_t i = 0; i < digits / 2; i++) {
		unsigned int byte;
		char pair[3] = {text[2 * i], text[2 * i + 1], 0};
		if (strspn(pair, "0123456789abcdef") != 2 || sscanf(pair, "%2x", &byte) != 1)
			return -1;
		key[i] = (uint8_t)byte;
	}
	*length = digits / 2;
	return 0;
}

/* `all MAP`, or `MAP KEY` with the key in hexadecimal as it lies in memory. */
static int answer_line(char *line)
{
	char map[MOST_NAME], word[MOST_LINE];
	uint8_t key[MOST_KEY];
	size_t length;
	if (sscanf(line, "all %255s", map) == 1)
		return dump_map(map);
	if (sscanf(line, "%255s %511s", map, word) != 2 || read_key(word, key, &length) < 0)
		return -EINVAL;
	return get_element(map, key, length);
}

static int answer_lines(void)
{
	char line[MOST_LINE];
	while (fgets(line, sizeof line, stdin) != NULL) {
		int error = answer_line(line);
		if (error < 0)
			return error;
	}
	return 0;
}

static int say_everything(void)
{
	int error = ask_generation();
	if (error == 0)
		error = ask_all(NFT_MSG_GETCHAIN, NFTA_CHAIN_TABLE, read_chain);
	if (error == 0)
		error = ask_all(NFT_MSG_GETRULE, NFTA_RULE_TABLE, read_rule);
	if (error == 0)
		error = ask_all(NFT_MSG_GETSET, NFTA_SET_TABLE, read_set);
	if (error == 0)
		error = answer_lines();
	return error == 0 ? ask_generation() : error;
}

int table_run(const char *name)
{
	if (strlen(name) >= MOST_NAME) {
		fprintf(stderr, "Cannot read table \"%.40s...\": its name is too long\n", name);
		return 2;
	}
	kernel.table = name;
	kernel.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (kernel.fd < 0) {
		fprintf(stderr, "Cannot read table \"%s\": %s\n", name, strerror(errno));
		return 3;
	}
	int error = say_everything();
	/* A table that is not there has no chains and no maps, and is not to be asked for elements. */
	if (error == -ENOENT) {
		puts("absent");
		error = 0;
	}
	close(kernel.fd);
	if (error < 0) {
		fprintf(stderr, "Cannot read table \"%s\": %s\n", name, strerror(-error));
		return 3;
	}
	return fflush(stdout) == 0 ? 0 : 3;
}
