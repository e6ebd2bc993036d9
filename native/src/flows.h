#ifndef BULKHEAD_FLOWS_H
#define BULKHEAD_FLOWS_H

#include <stdint.h>

/* Writes one line for every flow that connection tracking knows in this network namespace. Returns the exit code. */
int flows_run(void);

/* For tests: netlink messages on standard input instead of the kernel's. */
int flows_parse(void);

/* Which marks `unmark` clears: those whose `bits` are between `first` and `last`. */
struct marks {
	uint32_t clear; /* what is cleared of them */
	uint32_t bits;
	uint32_t first;
	uint32_t last;
};

int unmark_run(const struct marks *marks);

#endif
