/* bulkhead-helper: the part of the agent that holds privileges, and as little else as possible. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elements.h"
#include "flows.h"
#include "namespace.h"
#include "nflog.h"
#include "privileges.h"
#include "record.h"
#include "sockets.h"
#include "table.h"
#include "watchdog.h"

static int usage(void)
{
	fputs("usage: bulkhead-helper nflog GROUP\n"
	      "       bulkhead-helper packets GROUP\n"
	      "       bulkhead-helper table NAME\n"
	      "       bulkhead-helper watchdog SECONDS SCRIPT\n"
	      "       bulkhead-helper elements TABLE\n"
	      "       bulkhead-helper flows [--netns PID|PATH]\n"
	      "       bulkhead-helper unmark CLEAR BITS FIRST LAST [--netns PID|PATH]\n"
	      "       bulkhead-helper sockets [--netns PID|PATH]\n"
	      "       bulkhead-helper destroy [--netns PID|PATH]\n"
	      "       bulkhead-helper parse|parse-flows|parse-sockets\n",
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

static int parse_number(const char *text, int base, unsigned long most, uint32_t *out)
{
	char *end = NULL;
	errno = 0;
	unsigned long value = strtoul(text, &end, base);
	if (errno != 0 || end == text || *end != '\0' || value > most)
		return -1;
	*out = (uint32_t)value;
	return 0;
}

static int listen_to(const char *text, enum nflog_what what)
{
	uint32_t group;
	if (parse_number(text, 10, UINT16_MAX, &group) < 0) {
		fprintf(stderr, "Cannot listen to log group \"%s\": it is no number, 0 to 65535 is needed\n", text);
		return 2;
	}
	return follow_parent(getppid()) < 0 ? 0 : nflog_run((uint16_t)group, what);
}

static int unmark(char **words)
{
	struct marks marks;
	uint32_t *numbers[] = {&marks.clear, &marks.bits, &marks.first, &marks.last};
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (parse_number(words[i], 0, UINT32_MAX, numbers[i]) < 0) {
			fprintf(stderr, "Cannot clear marks: \"%s\" is no number of 32 bits\n", words[i]);
			return 2;
		}
	}
	return unmark_run(&marks);
}

/* What looks once at the kernel and ends: in this network namespace, or in one that is named behind the command. */
static int look(int count, char **words)
{
	int unmarks = strcmp(words[1], "unmark") == 0;
	int arguments = unmarks ? 6 : 2;
	int named = count == arguments + 2 && strcmp(words[arguments], "--netns") == 0;
	if (count != arguments && !named)
		return usage();
	if (follow_parent(getppid()) < 0)
		return 0;
	if (named && namespace_enter(words[arguments + 1]) < 0) {
		fprintf(stderr, "Cannot enter network namespace \"%s\": %s\n", words[arguments + 1], strerror(errno));
		return 3;
	}
	if (unmarks)
		return unmark(words + 2);
	if (strcmp(words[1], "flows") == 0)
		return flows_run();
	return strcmp(words[1], "sockets") == 0 ? sockets_run() : destroy_run();
}

static int is_look(const char *word)
{
	static const char *const looks[] = {"flows", "unmark", "sockets", "destroy"};
	for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
		if (strcmp(word, looks[i]) == 0)
			return 1;
	return 0;
}

static int watch(const char *text, const char *script)
{
	uint32_t seconds;
	if (parse_number(text, 10, UINT16_MAX, &seconds) < 0) {
		fprintf(stderr, "Cannot wait \"%s\" seconds: it is no number, 0 to 65535 is needed\n", text);
		return 2;
	}
	return watchdog_run((uint16_t)seconds, script);
}

int main(int count, char **words)
{
	if (count >= 2 && is_look(words[1]))
		return look(count, words);
	if (count == 2 && strcmp(words[1], "parse") == 0)
		return parse_run();
	if (count == 2 && strcmp(words[1], "parse-flows") == 0)
		return flows_parse();
	if (count == 2 && strcmp(words[1], "parse-sockets") == 0)
		return sockets_parse();
	if (count == 3 && strcmp(words[1], "table") == 0)
		return table_run(words[2]);
	if (count == 4 && strcmp(words[1], "watchdog") == 0)
		return watch(words[2], words[3]);
	if (count == 3 && strcmp(words[1], "elements") == 0)
		return elements_run(words[2]);
	if (count == 3 && strcmp(words[1], "nflog") == 0)
		return listen_to(words[2], NFLOG_RECORDS);
	if (count == 3 && strcmp(words[1], "packets") == 0)
		return listen_to(words[2], NFLOG_PACKETS);
	return usage();
}
