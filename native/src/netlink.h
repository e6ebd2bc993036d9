/* Requests to the kernel over netlink, one at a time. */
#ifndef BULKHEAD_NETLINK_H
#define BULKHEAD_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

/* The part of a message behind its header. */
typedef void netlink_visit(const uint8_t *body, size_t length, void *context);

/* Attributes as they stand in a message, read one after the other. */
struct attributes {
	const uint8_t *at;
	size_t left;
};

struct attribute {
	uint16_t type;
	const uint8_t *value;
	size_t size;
};

/* Returns a socket, or -1 with errno. */
int netlink_open(int protocol);

/* Sends one message. Returns 0 or an errno. */
int netlink_send(int fd, uint16_t type, uint16_t flags, const void *body, size_t size);

/* The answers to a dump that was asked for, up to their end. `interrupted` is set when the kernel says that something
 * changed meanwhile, so that an entry may be missing or told twice. Returns 0 or an errno. */
int netlink_dump(int fd, netlink_visit *visit, void *context, int *interrupted);

/* The answer to a message that asked for one: 0 or the errno it carries. */
int netlink_answer(int fd);

/* Every message of a buffer, as netlink_dump reads them. Returns 1 at the end of a dump, 0 when more must come, or -1
 * with errno. */
int netlink_read(const uint8_t *bytes, size_t length, netlink_visit *visit, void *context, int *interrupted);

/* The next attribute; 0 when there is no whole one left. */
int attribute_next(struct attributes *attributes, struct attribute *out);

/* 0 when the value is too short for one. */
uint32_t attribute_big32(const struct attribute *attribute);
uint16_t attribute_big16(const struct attribute *attribute);

/* Appends an attribute to a message that has room for it; returns the size of the message after it. */
size_t attribute_put(uint8_t *message, size_t used, uint16_t type, const void *value, size_t size);

#endif
