/* Bench tool: opens and closes TCP connections, or streams bytes, between two network namespaces from one process, so that
 * the processor time it reports is all that the connections cost, both hosts' rules included.
 *
 * Reads orders from standard input, one per line, and answers each with one line:
 *   connect ADDRESS PORT COUNT   -> nanoseconds of processor time, nanoseconds on the clock
 *   stream ADDRESS PORT BYTES    -> the same
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct endpoint {
	struct sockaddr_storage address;
	socklen_t length;
};

static void fail(const char *what)
{
	fprintf(stderr, "connect-load: %s: %s\n", what, strerror(errno));
	exit(3);
}

static uint64_t now(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int namespace_of(const char *pid)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	return fd;
}

static void enter(int namespace)
{
	if (setns(namespace, CLONE_NEWNET) < 0)
		fail("setns");
}

static struct endpoint parse(const char *text, uint16_t port)
{
	struct endpoint end = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&end.address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&end.address;
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		end.length = sizeof *v4;
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		end.length = sizeof *v6;
	} else {
		errno = EINVAL;
		fail(text);
	}
	return end;
}

static int listen_at(const struct endpoint *end)
{
	int one = 1;
	int fd = socket(end->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(fd, (const struct sockaddr *)&end->address, end->length) < 0 || listen(fd, 128) < 0)
		fail("listen");
	return fd;
}

/* Both ends of one connection; the handshake is done within connect(), because a veth hands packets on at once. */
static void open_pair(int listener, const struct endpoint *to, int pair[2])
{
	pair[0] = socket(to->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pair[0] < 0 || connect(pair[0], (const struct sockaddr *)&to->address, to->length) < 0)
		fail("connect");
	pair[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (pair[1] < 0)
		fail("accept");
}

/* The client resets, so that no port waits for its connection to be forgotten. */
static void close_pair(int pair[2])
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	if (setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) < 0)
		fail("linger");
	close(pair[0]);
	close(pair[1]);
}

static void run_connect(int listener, const struct endpoint *to, long count)
{
	int pair[2];
	for (long i = 0; i < count; i++) {
		open_pair(listener, to, pair);
		close_pair(pair);
	}
}

static void run_stream(int listener, const struct endpoint *to, long bytes)
{
	static char buffer[65536];
	int pair[2];
	open_pair(listener, to, pair);
	for (long left = bytes; left > 0;) {
		ssize_t sent = send(pair[0], buffer, left < (long)sizeof buffer ? (size_t)left : sizeof buffer, MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN)
			fail("send");
		if (sent > 0)
			left -= sent;
		ssize_t got;
		while ((got = recv(pair[1], buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
			;
		if (got < 0 && errno != EAGAIN)
			fail("receive");
	}
	close_pair(pair);
}

static void obey(int client, int server, const char *line)
{
	char what[16], text[64];
	unsigned port;
	long amount;
	if (sscanf(line, "%15s %63s %u %ld", what, text, &port, &amount) != 4 || port > 65535) {
		errno = EINVAL;
		fail(line);
	}
	struct endpoint to = parse(text, (uint16_t)port);
	enter(server);
	int listener = listen_at(&to);
	enter(client);
	uint64_t spent = now(CLOCK_PROCESS_CPUTIME_ID), began = now(CLOCK_MONOTONIC);
	if (strcmp(what, "connect") == 0)
		run_connect(listener, &to, amount);
	else
		run_stream(listener, &to, amount);
	printf("%llu %llu\n", (unsigned long long)(now(CLOCK_PROCESS_CPUTIME_ID) - spent),
	       (unsigned long long)(now(CLOCK_MONOTONIC) - began));
	fflush(stdout);
	close(listener);
}

int main(int count, char **words)
{
	char line[256];
	if (count != 3) {
		fputs("usage: connect-load CLIENT-PID SERVER-PID\n", stderr);
		return 2;
	}
	int client = namespace_of(words[1]), server = namespace_of(words[2]);
	while (fgets(line, sizeof line, stdin) != NULL)
		obey(client, server, line);
	return 0;
}
