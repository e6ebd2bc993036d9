#include "record.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { KIND_EVENT = 1, KIND_STATS = 2, KIND_HELLO = 3, KIND_CHANGE = 4, KIND_PACKET = 5, STREAM_VERSION = 1 };
enum { EVENT_HEAD = 60, MOST_PREFIX = 255, MOST_NAME = 15, CHANGE_HEAD = 4, PACKET_HEAD = 4, LENGTH_FIELD = 2 };
enum { HAS_UID = 1, HAS_PORTS = 2, HAS_SEQUENCE = 4 };

static uint8_t buffer[1 << 16];
static size_t used;
static int broken;

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)value);
	put16(at + 2, (uint16_t)(value >> 16));
}

static void put64(uint8_t *at, uint64_t value)
{
	put32(at, (uint32_t)value);
	put32(at + 4, (uint32_t)(value >> 32));
}

/* Room for a frame of this many bytes, its length already written, its body zero. */
static uint8_t *begin(size_t length)
{
	if (used + LENGTH_FIELD + length > sizeof buffer)
		record_flush();
	uint8_t *at = buffer + used;
	put16(at, (uint16_t)length);
	memset(at + LENGTH_FIELD, 0, length);
	used += LENGTH_FIELD + length;
	return at + LENGTH_FIELD;
}

void record_hello(uint16_t group)
{
	uint8_t *at = begin(4);
	at[0] = KIND_HELLO;
	at[1] = STREAM_VERSION;
	put16(at + 2, group);
}

void record_event(const struct log_event *event)
{
	const struct packet *packet = &event->packet;
	size_t prefix = event->prefix_length > MOST_PREFIX ? MOST_PREFIX : event->prefix_length;
	uint8_t *at = begin(EVENT_HEAD + prefix);
	at[0] = KIND_EVENT;
	at[1] = packet->family;
	at[2] = packet->protocol;
	at[3] = event->hook;
	at[4] = (uint8_t)((event->has_uid ? HAS_UID : 0) | (packet->has_ports ? HAS_PORTS : 0) |
			  (packet->has_sequence ? HAS_SEQUENCE : 0));
	at[5] = packet->tcp_flags;
	put16(at + 6, packet->first);
	put16(at + 8, packet->second);
	put32(at + 12, event->uid);
	put32(at + 16, packet->sequence);
	put64(at + 20, event->nanoseconds);
	memcpy(at + 28, packet->source, 16);
	memcpy(at + 44, packet->destination, 16);
	if (prefix > 0)
		memcpy(at + EVENT_HEAD, event->prefix, prefix);
}

void record_packet(const uint8_t *bytes, size_t length)
{
	size_t kept = length > MOST_PACKET ? MOST_PACKET : length;
	uint8_t *at = begin(PACKET_HEAD + kept);
	at[0] = KIND_PACKET;
	if (kept > 0)
		memcpy(at + PACKET_HEAD, bytes, kept);
}

void record_change(const char *name, size_t length)
{
	size_t kept = length > MOST_NAME ? MOST_NAME : length;
	uint8_t *at = begin(CHANGE_HEAD + kept);
	at[0] = KIND_CHANGE;
	if (kept > 0)
		memcpy(at + CHANGE_HEAD, name, kept);
}

void record_stats(const struct stats *stats)
{
	uint8_t *at = begin(40);
	at[0] = KIND_STATS;
	put64(at + 8, stats->received);
	put64(at + 16, stats->overruns);
	put64(at + 24, stats->gaps);
	put64(at + 32, stats->malformed);
}

int record_flush(void)
{
	size_t done = 0;
	while (done < used && !broken) {
		ssize_t wrote = write(STDOUT_FILENO, buffer + done, used - done);
		if (wrote >= 0)
			done += (size_t)wrote;
		else if (errno != EINTR)
			broken = 1;
	}
	used = 0;
	return broken ? -1 : 0;
}
