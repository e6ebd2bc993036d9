#include "endpoint.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

void endpoint_from(struct endpoint *out, uint8_t family, const void *address)
{
	if (family == AF_INET6) {
		memcpy(out->address, address, 16);
		return;
	}
	memcpy(out->address, mapped, sizeof mapped);
	memcpy(out->address + sizeof mapped, address, 4);
}

int endpoint_family(const struct endpoint *endpoint)
{
	return memcmp(endpoint->address, mapped, sizeof mapped) == 0 ? 4 : 6;
}

const char *endpoint_text(const struct endpoint *endpoint, char *into)
{
	int v4 = endpoint_family(endpoint) == 4;
	const uint8_t *bytes = endpoint->address + (v4 ? sizeof mapped : 0);
	return inet_ntop(v4 ? AF_INET : AF_INET6, bytes, into, ENDPOINT_TEXT);
}

int endpoint_parse(const char *text, struct endpoint *out)
{
	uint8_t bytes[16];
	int family = strchr(text, ':') == NULL ? AF_INET : AF_INET6;
	if (inet_pton(family, text, bytes) != 1)
		return -1;
	endpoint_from(out, (uint8_t)family, bytes);
	return 0;
}
