#include "nflog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "changes.h"
#include "privileges.h"
#include "record.h"

static const struct listening {
	uint32_t copy_range;
	/* Packets wait in the kernel until there are so many of them, or for so long (in hundredths of a second). */
	uint32_t threshold, timeout;
} ways[] = {
	/* Addresses, eight extension headers of the usual eight bytes and a TCP header fit. */
	[NFLOG_RECORDS] = {128, 64, 10},
	[NFLOG_PACKETS] = {MOST_PACKET, 1, 1},
};
/* The kernel takes a buffer of its own for each batch: 64 records with long prefixes fit, and little is left over. */
enum { RECEIVE_BUFFER = 32 << 20, KERNEL_BUFFER = 24 << 10 };
enum { IDLE_WAIT = 1000, MOST_MESSAGES_A_TURN = 64 };

static uint8_t messages[1 << 18] __attribute__((aligned(NLMSG_ALIGNTO)));
static struct stats stats;
static enum nflog_what wanted;
static uint32_t next_sequence;
static int sequence_known;

struct request {
	struct nlmsghdr head;
	struct nfgenmsg group;
	uint8_t attributes[64];
};

/* Sends one setting and waits for the kernel's answer. Returns 0 or the errno it answered with. */
static int configure(int fd, uint16_t group, uint16_t type, const void *value, size_t size)
{
	struct request request = {0};
	struct nlattr *attribute = (struct nlattr *)request.attributes;
	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(NLA_HDRLEN + size);
	memcpy(request.attributes + NLA_HDRLEN, value, size);
	request.head.nlmsg_type = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_CONFIG;
	request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request.head.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof request.group) + NLA_ALIGN(attribute->nla_len));
	request.group.res_id = htons(group);
	if (send(fd, &request, request.head.nlmsg_len, 0) < 0)
		return errno;
	for (;;) {
		ssize_t got = recv(fd, messages, sizeof messages, 0);
		if (got < 0 && errno != EINTR)
			return errno;
		/* Packets may already arrive before the last setting is answered: they are lost, and nobody counts on them yet. */
		const struct nlmsghdr *head = (const struct nlmsghdr *)messages;
		if (got >= (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) && head->nlmsg_type == NLMSG_ERROR)
			return -((const struct nlmsgerr *)NLMSG_DATA(head))->error;
	}
}

static int open_group(uint16_t group)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (fd < 0)
		return -1;
	int size = RECEIVE_BUFFER;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	struct nfulnl_msg_config_cmd bind_command = {.command = NFULNL_CFG_CMD_BIND};
	struct nfulnl_msg_config_mode mode = {.copy_range = htonl(ways[wanted].copy_range), .copy_mode = NFULNL_COPY_PACKET};
	uint32_t threshold = htonl(ways[wanted].threshold), timeout = htonl(ways[wanted].timeout), kernel = htonl(KERNEL_BUFFER);
	uint16_t flags = htons(NFULNL_CFG_F_SEQ);
	const struct {
		uint16_t type;
		const void *value;
		size_t size;
	} settings[] = {
		{NFULA_CFG_CMD, &bind_command, sizeof bind_command},
		{NFULA_CFG_NLBUFSIZ, &kernel, sizeof kernel},
		{NFULA_CFG_MODE, &mode, sizeof mode},
		{NFULA_CFG_QTHRESH, &threshold, sizeof threshold},
		{NFULA_CFG_TIMEOUT, &timeout, sizeof timeout},
		{NFULA_CFG_FLAGS, &flags, sizeof flags},
	};
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		int error = configure(fd, group, settings[i].type, settings[i].value, settings[i].size);
		if (error != 0) {
			close(fd);
			errno = error;
			return -1;
		}
	}
	return fd;
}

static void count_sequence(uint32_t sequence)
{
	if (sequence_known)
		stats.gaps += (uint32_t)(sequence - next_sequence);
	sequence_known = 1;
	next_sequence = sequence + 1;
}

static uint64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t read_time(const uint8_t *value, size_t size)
{
	uint32_t word[4];
	if (size < sizeof word)
		return 0;
	memcpy(word, value, sizeof word);
	uint64_t seconds = ((uint64_t)ntohl(word[0]) << 32) | ntohl(word[1]);
	uint64_t microseconds = ((uint64_t)ntohl(word[2]) << 32) | ntohl(word[3]);
	return seconds * 1000000000u + microseconds * 1000u;
}

static uint32_t read_word(const uint8_t *value)
{
	uint32_t word;
	memcpy(&word, value, sizeof word);
	return ntohl(word);
}

struct payload {
	const uint8_t *bytes;
	size_t length;
};

static void read_attribute(uint16_t type, const uint8_t *value, size_t size, struct log_event *event, struct payload *payload)
{
	switch (type) {
	case NFULA_PACKET_HDR:
		if (size >= sizeof(struct nfulnl_msg_packet_hdr))
			event->hook = value[offsetof(struct nfulnl_msg_packet_hdr, hook)];
		return;
	case NFULA_TIMESTAMP:
		event->nanoseconds = read_time(value, size);
		return;
	case NFULA_PREFIX:
		event->prefix = (const char *)value;
		event->prefix_length = strnlen((const char *)value, size);
		return;
	case NFULA_UID:
		if (size < 4)
			return;
		event->uid = read_word(value);
		event->has_uid = 1;
		return;
	case NFULA_SEQ:
		if (size >= 4)
			count_sequence(read_word(value));
		return;
	case NFULA_PAYLOAD:
		payload->bytes = value;
		payload->length = size;
		return;
	default:
		return;
	}
}

static void read_packet(const uint8_t *at, size_t left, uint64_t arrived)
{
	struct log_event event = {0};
	struct payload payload = {0};
	while (left >= NLA_HDRLEN) {
		struct nlattr attribute;
		memcpy(&attribute, at, sizeof attribute);
		if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > left)
			break;
		read_attribute(attribute.nla_type & NLA_TYPE_MASK, at + NLA_HDRLEN, attribute.nla_len - NLA_HDRLEN, &event, &payload);
		size_t step = NLA_ALIGN(attribute.nla_len);
		if (step > left)
			break;
		at += step;
		left -= step;
	}
	stats.received++;
	if (wanted == NFLOG_PACKETS) {
		record_packet(payload.bytes, payload.length);
		return;
	}
	if (packet_parse(payload.bytes, payload.length, &event.packet) < 0) {
		stats.malformed++;
		return;
	}
	if (event.nanoseconds == 0)
		event.nanoseconds = arrived;
	record_event(&event);
}

static void read_messages(size_t length)
{
	const size_t head_size = NLMSG_LENGTH(sizeof(struct nfgenmsg));
	uint64_t arrived = now();
	size_t at = 0;
	while (length - at >= NLMSG_HDRLEN) {
		struct nlmsghdr head;
		memcpy(&head, messages + at, sizeof head);
		if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > length - at) {
			stats.malformed++;
			return;
		}
		if (head.nlmsg_type == ((NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET) && head.nlmsg_len >= head_size)
			read_packet(messages + at + head_size, head.nlmsg_len - head_size, arrived);
		size_t step = NLMSG_ALIGN(head.nlmsg_len);
		if (step >= length - at)
			return;
		at += step;
	}
}

/* What is there, in turns: under a flood the parent must still be watched. Returns -1 when the socket is of no more use. */
static int drain(int fd)
{
	for (int i = 0; i < MOST_MESSAGES_A_TURN; i++) {
		ssize_t got = recv(fd, messages, sizeof messages, MSG_DONTWAIT | MSG_TRUNC);
		if (got > (ssize_t)sizeof messages)
			stats.malformed++;
		else if (got > 0)
			read_messages((size_t)got);
		else if (got == 0 || errno == EAGAIN)
			return 0;
		else if (errno == ENOBUFS)
			stats.overruns++;
		else if (errno != EINTR)
			return -1;
	}
	return 0;
}

/* True when the parent closed its end of standard input or output. What it writes is thrown away. */
static int parent_left(const struct pollfd *in, const struct pollfd *out)
{
	if (out->revents & (POLLERR | POLLHUP | POLLNVAL))
		return 1;
	if (in->revents & POLLIN) {
		uint8_t ignored[256];
		return read(STDIN_FILENO, ignored, sizeof ignored) == 0;
	}
	return (in->revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

static int serve(int fd, int changes)
{
	struct stats told = {0};
	for (;;) {
		struct pollfd watched[] = {{fd, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}, {STDOUT_FILENO, 0, 0}, {changes, POLLIN, 0}};
		if (poll(watched, 4, IDLE_WAIT) < 0 && errno != EINTR)
			return 3;
		if (parent_left(&watched[1], &watched[2]))
			return 0;
		if (drain(fd) < 0) {
			fprintf(stderr, "Cannot read log records: %s\n", strerror(errno));
			return 3;
		}
		changes_read(changes);
		/* After every batch, so that the numbers are never behind the records. */
		if (memcmp(&told, &stats, sizeof stats) != 0) {
			told = stats;
			record_stats(&stats);
		}
		if (record_flush() < 0)
			return 0;
	}
}

int nflog_run(uint16_t group, enum nflog_what what)
{
	wanted = what;
	int fd = open_group(group);
	if (fd < 0) {
		/* The kernel has one errno for both. */
		const char *why = errno == EPERM ? "another program listens to it, or CAP_NET_ADMIN is missing" : strerror(errno);
		fprintf(stderr, "Cannot listen to log group \"%u\": %s\n", group, why);
		return 3;
	}
	/* Without it changes are found by the looks that are taken anyway, only later. */
	int changes = what == NFLOG_RECORDS ? changes_open() : -1;
	if (drop_privileges() < 0) {
		fprintf(stderr, "Cannot give up privileges: %s\n", strerror(errno));
		return 3;
	}
	record_hello(group);
	return record_flush() < 0 ? 0 : serve(fd, changes);
}
