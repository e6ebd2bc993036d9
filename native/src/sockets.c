#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint.h"
#include "netlink.h"
#include "privileges.h"

/* So many connections may be named at once; a host that tracks more at once ends them in several runs. */
enum { MOST_NAMED = 1 << 20, LONGEST_LINE = 160, ALL_OF_A_TEST = 1 << 22 };
/* Neither listening, nor ended and only waiting. */
static const uint32_t connected_states = ~((1u << TCP_LISTEN) | (1u << TCP_TIME_WAIT) | (1u << TCP_CLOSE));

struct connection {
	struct endpoint local;
	struct endpoint peer;
	uint8_t protocol;
};

/* `message` is what the kernel says of it, for naming exactly this socket to it. */
typedef void socket_visit(const struct connection *connection, const struct inet_diag_msg *message, void *context);

struct reading {
	socket_visit *visit;
	void *context;
	uint8_t protocol;
};

static void read_socket(const uint8_t *body, size_t length, void *context)
{
	const struct reading *reading = context;
	struct inet_diag_msg message;
	if (length < sizeof message)
		return;
	memcpy(&message, body, sizeof message);
	if (message.idiag_family != AF_INET && message.idiag_family != AF_INET6)
		return;
	struct connection connection = {.protocol = reading->protocol};
	endpoint_from(&connection.local, message.idiag_family, message.id.idiag_src);
	endpoint_from(&connection.peer, message.idiag_family, message.id.idiag_dst);
	connection.local.port = ntohs(message.id.idiag_sport);
	connection.peer.port = ntohs(message.id.idiag_dport);
	if (connection.peer.port != 0)
		reading->visit(&connection, &message, reading->context);
}

/* Every connection of one family and protocol. A protocol that the kernel has no listing for has none. */
static int dump(int fd, uint8_t family, struct reading *reading)
{
	const struct inet_diag_req_v2 request = {
		.sdiag_family = family,
		.sdiag_protocol = reading->protocol,
		.idiag_states = reading->protocol == IPPROTO_TCP ? connected_states : 1u << TCP_ESTABLISHED,
	};
	int interrupted = 0;
	int error = netlink_send(fd, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &request, sizeof request);
	if (error == 0)
		error = netlink_dump(fd, read_socket, reading, &interrupted);
	return error == ENOENT ? 0 : error;
}

static int dump_all(int fd, socket_visit *visit, void *context)
{
	static const uint8_t families[] = {AF_INET, AF_INET6}, protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
	for (size_t p = 0; p < sizeof protocols; p++) {
		for (size_t f = 0; f < sizeof families; f++) {
			struct reading reading = {visit, context, protocols[p]};
			int error = dump(fd, families[f], &reading);
			if (error != 0)
				return error;
		}
	}
	return 0;
}

static void write_socket(const struct connection *connection, const struct inet_diag_msg *message, void *context)
{
	unsigned long *written = context;
	char local[ENDPOINT_TEXT], peer[ENDPOINT_TEXT];
	printf("%u %s %u %s %u %u %u %u\n", connection->protocol, endpoint_text(&connection->local, local),
	       connection->local.port, endpoint_text(&connection->peer, peer), connection->peer.port, message->idiag_state,
	       message->idiag_uid, message->idiag_inode);
	(*written)++;
}

static int refused(const char *what, int error)
{
	const char *why = error == EPERM ? "CAP_NET_ADMIN is missing" : strerror(error);
	fprintf(stderr, "Cannot %s: %s\n", what, why);
	return 3;
}

static int conclude(unsigned long written)
{
	printf("end %lu\n", written);
	return fflush(stdout) == 0 ? 0 : 3;
}

int sockets_run(void)
{
	unsigned long written = 0;
	int fd = netlink_open(NETLINK_SOCK_DIAG);
	if (fd < 0)
		return refused("read the sockets", errno);
	if (drop_privileges() < 0)
		return refused("give up privileges", errno);
	int error = dump_all(fd, write_socket, &written);
	close(fd);
	return error == 0 ? conclude(written) : refused("read the sockets", error);
}

int sockets_parse(void)
{
	unsigned long written = 0;
	int interrupted = 0;
	uint8_t *bytes = malloc(ALL_OF_A_TEST);
	size_t used = bytes == NULL ? 0 : fread(bytes, 1, ALL_OF_A_TEST, stdin);
	/* Exactly as long as the messages, so that a read past their end is seen by a sanitizer. */
	uint8_t *exact = realloc(bytes, used > 0 ? used : 1);
	if (exact == NULL) {
		free(bytes);
		return 3;
	}
	struct reading reading = {write_socket, &written, IPPROTO_TCP};
	int state = netlink_read(exact, used, read_socket, &reading, &interrupted);
	free(exact);
	conclude(written);
	return state < 0 ? 3 : 0;
}

/* A connection that is to end. `error`: -1 while no socket was found that has it. */
struct wanted {
	struct connection connection;
	int error;
};

struct ending {
	struct wanted *all;
	struct wanted **sorted;
	size_t count;
	int fd;
};

static int compare(const struct connection *a, const struct connection *b)
{
	int order = memcmp(a->local.address, b->local.address, sizeof a->local.address);
	if (order == 0)
		order = memcmp(a->peer.address, b->peer.address, sizeof a->peer.address);
	if (order == 0)
		order = a->local.port - b->local.port;
	if (order == 0)
		order = a->peer.port - b->peer.port;
	return order != 0 ? order : a->protocol - b->protocol;
}

static int compare_wanted(const void *a, const void *b)
{
	return compare(&(*(struct wanted *const *)a)->connection, &(*(struct wanted *const *)b)->connection);
}

static int find_wanted(const void *key, const void *element)
{
	return compare(key, &(*(struct wanted *const *)element)->connection);
}

static void end_if_wanted(const struct connection *connection, const struct inet_diag_msg *message, void *context)
{
	struct ending *ending = context;
	struct wanted **found =
		bsearch(connection, ending->sorted, ending->count, sizeof *ending->sorted, find_wanted);
	if (found == NULL)
		return;
	/* With the cookie of the listing: by its addresses alone the kernel would also take a socket that listens. */
	const struct inet_diag_req_v2 request = {
		.sdiag_family = message->idiag_family,
		.sdiag_protocol = connection->protocol,
		.idiag_states = ~0u,
		.id = message->id,
	};
	int error = netlink_send(ending->fd, SOCK_DESTROY, NLM_F_ACK, &request, sizeof request);
	(*found)->error = error != 0 ? error : netlink_answer(ending->fd);
}

/* Returns 1 for a connection, 0 at the end of the input, -1 for a line that is none. */
static int read_wanted(struct connection *out)
{
	char line[LONGEST_LINE], local[ENDPOINT_TEXT], peer[ENDPOINT_TEXT];
	unsigned int protocol, local_port, peer_port;
	if (fgets(line, sizeof line, stdin) == NULL)
		return 0;
	if (sscanf(line, "%u %45s %u %45s %u", &protocol, local, &local_port, peer, &peer_port) != 5)
		return -1;
	if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) || local_port > UINT16_MAX || peer_port > UINT16_MAX)
		return -1;
	memset(out, 0, sizeof *out);
	if (endpoint_parse(local, &out->local) < 0 || endpoint_parse(peer, &out->peer) < 0)
		return -1;
	out->protocol = (uint8_t)protocol;
	out->local.port = (uint16_t)local_port;
	out->peer.port = (uint16_t)peer_port;
	return 1;
}

/* Returns 0, or the exit code. */
static int read_all_wanted(struct ending *ending)
{
	size_t room = 0;
	for (;;) {
		struct connection connection;
		int got = read_wanted(&connection);
		if (got == 0)
			break;
		if (got < 0 || ending->count == MOST_NAMED) {
			fprintf(stderr, "Cannot end connection %zu: %s\n", ending->count + 1,
				got < 0 ? "PROTOCOL LOCAL PORT PEER PORT is needed, of TCP or UDP" : "too many at once");
			return 2;
		}
		if (ending->count == room) {
			room = room == 0 ? 256 : room * 2;
			struct wanted *more = realloc(ending->all, room * sizeof *more);
			if (more == NULL)
				return refused("end connections", ENOMEM);
			ending->all = more;
		}
		ending->all[ending->count++] = (struct wanted){connection, -1};
	}
	ending->sorted = malloc((ending->count + 1) * sizeof *ending->sorted);
	if (ending->sorted == NULL)
		return refused("end connections", ENOMEM);
	for (size_t i = 0; i < ending->count; i++)
		ending->sorted[i] = &ending->all[i];
	if (ending->count > 0)
		qsort(ending->sorted, ending->count, sizeof *ending->sorted, compare_wanted);
	return 0;
}

static int write_endings(const struct ending *ending)
{
	unsigned long ended = 0;
	for (size_t i = 0; i < ending->count; i++) {
		int error = ending->all[i].error;
		/* One that ended by itself between listing and ending is absent like one that was never there. */
		if (error == 0)
			puts("ended");
		else if (error < 0 || error == ENOENT)
			puts("absent");
		else
			printf("failed %s\n", strerror(error));
		ended += error == 0;
	}
	return conclude(ended);
}

int destroy_run(void)
{
	struct ending ending = {.fd = netlink_open(NETLINK_SOCK_DIAG)};
	int fd = netlink_open(NETLINK_SOCK_DIAG);
	if (fd < 0 || ending.fd < 0)
		return refused("end connections", errno);
	if (keep_network_administration() < 0)
		return refused("give up privileges", errno);
	int code = read_all_wanted(&ending);
	if (code == 0) {
		int error = ending.count == 0 ? 0 : dump_all(fd, end_if_wanted, &ending);
		code = error == 0 ? write_endings(&ending) : refused("end connections", error);
	}
	free(ending.sorted);
	free(ending.all);
	return code;
}
