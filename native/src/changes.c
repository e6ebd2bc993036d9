#include "changes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "record.h"

enum { NEW_GENERATION = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN, MOST_A_TURN = 64 };

/* A change is told rule by rule and element by element; only the message that ends it is let through. */
static int only_ends(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(NEW_GENERATION), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

int changes_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (fd < 0)
		return -1;
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1u << (NFNLGRP_NFTABLES - 1)};
	if (only_ends(fd) < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The name of the program that made the change, where the kernel says it. */
static void read_change(const uint8_t *at, size_t left)
{
	const char *name = "";
	size_t length = 0;
	while (left >= NLA_HDRLEN) {
		struct nlattr attribute;
		memcpy(&attribute, at, sizeof attribute);
		if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > left)
			break;
		if ((attribute.nla_type & NLA_TYPE_MASK) == NFTA_GEN_PROC_NAME) {
			name = (const char *)at + NLA_HDRLEN;
			length = strnlen(name, attribute.nla_len - NLA_HDRLEN);
		}
		size_t step = NLA_ALIGN(attribute.nla_len);
		if (step > left)
			break;
		at += step;
		left -= step;
	}
	record_change(name, length);
}

void changes_read(int fd)
{
	uint8_t message[512] __attribute__((aligned(NLMSG_ALIGNTO)));
	const size_t head_size = NLMSG_LENGTH(sizeof(struct nfgenmsg));
	for (int i = 0; fd >= 0 && i < MOST_A_TURN; i++) {
		ssize_t got = recv(fd, message, sizeof message, MSG_DONTWAIT);
		/* Too many at once is a change like any other. */
		if (got < 0 && errno == ENOBUFS)
			record_change("", 0);
		else if (got < 0 && errno != EINTR)
			return;
		else if (got >= (ssize_t)head_size)
			read_change(message + head_size, (size_t)got - head_size);
	}
}
