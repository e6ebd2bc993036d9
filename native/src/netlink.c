#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_MESSAGE = 1024 };

static uint8_t answers[1 << 17] __attribute__((aligned(NLMSG_ALIGNTO)));

int netlink_open(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return -1;
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int netlink_send(int fd, uint16_t type, uint16_t flags, const void *body, size_t size)
{
	uint8_t message[MOST_MESSAGE] __attribute__((aligned(NLMSG_ALIGNTO))) = {0};
	if (size > sizeof message - NLMSG_HDRLEN)
		return EMSGSIZE;
	struct nlmsghdr head = {
		.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size), .nlmsg_type = type, .nlmsg_flags = flags | NLM_F_REQUEST};
	memcpy(message, &head, sizeof head);
	memcpy(message + NLMSG_HDRLEN, body, size);
	for (;;) {
		if (send(fd, message, head.nlmsg_len, 0) >= 0)
			return 0;
		if (errno != EINTR)
			return errno;
	}
}

/* The errno of a message that ends a dump or answers a request; it may be cut off. */
static int read_error(const uint8_t *body, size_t length)
{
	int32_t error;
	if (length < sizeof error)
		return 0;
	memcpy(&error, body, sizeof error);
	return error < 0 ? -error : 0;
}

int netlink_read(const uint8_t *bytes, size_t length, netlink_visit *visit, void *context, int *interrupted)
{
	size_t at = 0;
	while (length - at >= NLMSG_HDRLEN) {
		struct nlmsghdr head;
		memcpy(&head, bytes + at, sizeof head);
		if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > length - at) {
			errno = EBADMSG;
			return -1;
		}
		const uint8_t *body = bytes + at + NLMSG_HDRLEN;
		size_t size = head.nlmsg_len - NLMSG_HDRLEN;
		if (head.nlmsg_flags & NLM_F_DUMP_INTR)
			*interrupted = 1;
		if (head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR) {
			errno = read_error(body, size);
			return errno == 0 ? 1 : -1;
		}
		if (head.nlmsg_type >= NLMSG_MIN_TYPE)
			visit(body, size, context);
		size_t step = NLMSG_ALIGN(head.nlmsg_len);
		if (step >= length - at)
			break;
		at += step;
	}
	return 0;
}

/* One datagram of the kernel, whole. */
static ssize_t receive(int fd)
{
	for (;;) {
		ssize_t got = recv(fd, answers, sizeof answers, MSG_TRUNC);
		if (got > (ssize_t)sizeof answers) {
			errno = EMSGSIZE;
			return -1;
		}
		if (got >= 0 || errno != EINTR)
			return got;
	}
}

int netlink_dump(int fd, netlink_visit *visit, void *context, int *interrupted)
{
	for (;;) {
		ssize_t got = receive(fd);
		if (got < 0)
			return errno;
		int state = netlink_read(answers, (size_t)got, visit, context, interrupted);
		if (state != 0)
			return state > 0 ? 0 : errno;
	}
}

int netlink_answer(int fd)
{
	uint8_t answer[MOST_MESSAGE + NLMSG_HDRLEN * 2] __attribute__((aligned(NLMSG_ALIGNTO)));
	for (;;) {
		ssize_t got = recv(fd, answer, sizeof answer, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		struct nlmsghdr head;
		if (got < (ssize_t)NLMSG_LENGTH(sizeof(int32_t)))
			return EBADMSG;
		memcpy(&head, answer, sizeof head);
		if (head.nlmsg_type == NLMSG_ERROR)
			return read_error(answer + NLMSG_HDRLEN, (size_t)got - NLMSG_HDRLEN);
	}
}

int attribute_next(struct attributes *attributes, struct attribute *out)
{
	struct nlattr head;
	if (attributes->left < NLA_HDRLEN)
		return 0;
	memcpy(&head, attributes->at, sizeof head);
	if (head.nla_len < NLA_HDRLEN || head.nla_len > attributes->left)
		return 0;
	out->type = head.nla_type & NLA_TYPE_MASK;
	out->value = attributes->at + NLA_HDRLEN;
	out->size = head.nla_len - NLA_HDRLEN;
	size_t step = NLA_ALIGN(head.nla_len);
	if (step > attributes->left)
		step = attributes->left;
	attributes->at += step;
	attributes->left -= step;
	return 1;
}

uint32_t attribute_big32(const struct attribute *attribute)
{
	uint32_t value = 0;
	if (attribute->size >= sizeof value)
		memcpy(&value, attribute->value, sizeof value);
	return ntohl(value);
}

uint16_t attribute_big16(const struct attribute *attribute)
{
	uint16_t value = 0;
	if (attribute->size >= sizeof value)
		memcpy(&value, attribute->value, sizeof value);
	return ntohs(value);
}

size_t attribute_put(uint8_t *message, size_t used, uint16_t type, const void *value, size_t size)
{
	struct nlattr head = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type};
	memcpy(message + used, &head, sizeof head);
	memcpy(message + used + NLA_HDRLEN, value, size);
	return used + NLA_ALIGN(head.nla_len);
}
