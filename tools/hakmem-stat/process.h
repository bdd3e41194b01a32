/* SPDX-License-Identifier: MIT */
/*
 * process.h - another process: its memory, and where in it the library has
 * its statistics page.
 */
#ifndef STAT_PROCESS_H
#define STAT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads memory of process *(pid_t *)pid: a page_read. */
bool process_read(void *pid, uint64_t at, void *to, size_t len);

/*
 * Finds an exported object by its name: in every file that the process has
 * mapped, by the dynamic symbol table as it is in memory, so that a library
 * that was replaced on disk is found as well.  Returns NULL and its address,
 * or why it was not found.
 */
const char *process_symbol(pid_t pid, const char *name, uint64_t *at);

#endif /* STAT_PROCESS_H */
