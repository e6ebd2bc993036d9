/* bulkhead-helper: the part of the agent that holds privileges, and as little else as possible. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elements.h"
#include "nflog.h"
#include "privileges.h"
#include "record.h"
#include "watchdog.h"

static int usage(void)
{
	fputs("usage: bulkhead-helper nflog GROUP\n       bulkhead-helper packets GROUP\n       bulkhead-helper parse\n"
	      "       bulkhead-helper watchdog SECONDS SCRIPT\n       bulkhead-helper elements TABLE\n",
	      stderr);
	return 2;
}

/* Reads exactly size bytes from standard input; 0 at its end. */
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

/* For tests: packets as frames (length in two bytes, low first) in, records out, as `nflog` would write them. */
static int parse_run(void)
{
	struct stats stats = {0};
	uint8_t head[2];
	while (read_exactly(head, sizeof head)) {
		size_t length = (size_t)(head[0] | (head[1] << 8));
		/* Exactly as long as the packet, so that a read past its end is seen by a sanitizer. */
		uint8_t *bytes = malloc(length > 0 ? length : 1);
		if (bytes == NULL || !read_exactly(bytes, length)) {
			free(bytes);
			break;
		}
		struct log_event event = {.hook = 1};
		stats.received++;
		if (packet_parse(bytes, length, &event.packet) < 0)
			stats.malformed++;
		else
			record_event(&event);
		free(bytes);
	}
	record_stats(&stats);
	return record_flush() < 0 ? 3 : 0;
}

/* A whole number, as a log group and a time are. */
static int parse_number(const char *text, uint16_t *number)
{
	char *end = NULL;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value > UINT16_MAX)
		return -1;
	*number = (uint16_t)value;
	return 0;
}

static int watch(const char *text, const char *script)
{
	uint16_t seconds;
	if (parse_number(text, &seconds) < 0) {
		fprintf(stderr, "Cannot wait \"%s\" seconds: it is no number, 0 to 65535 is needed\n", text);
		return 2;
	}
	return watchdog_run(seconds, script);
}

int main(int count, char **words)
{
	uint16_t group;
	if (count == 2 && strcmp(words[1], "parse") == 0)
		return parse_run();
	if (count == 4 && strcmp(words[1], "watchdog") == 0)
		return watch(words[2], words[3]);
	if (count == 3 && strcmp(words[1], "elements") == 0)
		return elements_run(words[2]);
	if (count != 3 || (strcmp(words[1], "nflog") != 0 && strcmp(words[1], "packets") != 0))
		return usage();
	if (parse_number(words[2], &group) < 0) {
		fprintf(stderr, "Cannot listen to log group \"%s\": it is no number, 0 to 65535 is needed\n", words[2]);
		return 2;
	}
	if (follow_parent(getppid()) < 0)
		return 0;
	return nflog_run(group, strcmp(words[1], "nflog") == 0 ? NFLOG_RECORDS : NFLOG_PACKETS);
}
