#ifndef BULKHEAD_TABLE_H
#define BULKHEAD_TABLE_H

/*
 * Says on standard output what one table of family inet holds, as the kernel tells it: its generation before and after,
 * every chain with its rules, every map with its size, and of elements those that standard input asks for.
 * Returns the exit code of the program.
 */
int table_run(const char *name);

#endif
