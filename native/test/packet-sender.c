/* Test tool: sends the IP packets it reads (length in two bytes, low first) as they are, from the network namespace it
 * runs in. They pass the output hook like anybody's. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int read_exactly(uint8_t *into, size_t size)
{
	size_t done = 0;
	while (done < size) {
		ssize_t got = read(STDIN_FILENO, into + done, size - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return 0;
		done += (size_t)got;
	}
	return 1;
}

static ssize_t send_v4(int fd, const uint8_t *bytes, size_t length)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	memcpy(&to.sin_addr, bytes + 16, 4);
	return sendto(fd, bytes, length, 0, (const struct sockaddr *)&to, sizeof to);
}

static ssize_t send_v6(int fd, const uint8_t *bytes, size_t length)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};
	memcpy(&to.sin6_addr, bytes + 24, 16);
	/* Nothing else says which link is meant. */
	if (IN6_IS_ADDR_MULTICAST(&to.sin6_addr) || IN6_IS_ADDR_LINKLOCAL(&to.sin6_addr))
		to.sin6_scope_id = if_nametoindex("eth0");
	return sendto(fd, bytes, length, 0, (const struct sockaddr *)&to, sizeof to);
}

int main(void)
{
	int one = 1;
	int v4 = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), v6 = socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
	if (v4 < 0 || v6 < 0 || setsockopt(v6, IPPROTO_IPV6, IPV6_HDRINCL, &one, sizeof one) < 0 ||
	    setsockopt(v4, SOL_SOCKET, SO_BROADCAST, &one, sizeof one) < 0) {
		perror("packet-sender: raw sockets");
		return 3;
	}
	uint8_t head[2], bytes[1 << 16];
	while (read_exactly(head, sizeof head)) {
		size_t length = (size_t)(head[0] | (head[1] << 8));
		if (!read_exactly(bytes, length) || length < 20)
			return 2;
		int is_v6 = bytes[0] >> 4 == 6;
		if (is_v6 && length < 40)
			return 2;
		/* A packet that our rules drop on output is EPERM here: an answer, not a failure. */
		ssize_t sent = is_v6 ? send_v6(v6, bytes, length) : send_v4(v4, bytes, length);
		if (sent < 0 && errno != EPERM) {
			perror("packet-sender: send");
			return 3;
		}
	}
	return 0;
}
