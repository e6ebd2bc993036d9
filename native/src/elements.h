#ifndef BULKHEAD_ELEMENTS_H
#define BULKHEAD_ELEMENTS_H

/* Adds the elements that standard input names to maps of a table of family inet; 0, or the exit code. */
int elements_run(const char *table);

#endif
