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
 * Reads a text that ends within `size` bytes, and perhaps with what is
 * mapped; "" where there is none.
 */
void process_text(pid_t pid, uint64_t at, char *to, size_t size);

/* The library's statistics page. */
#define PROCESS_PAGE	"hakmem_stats_page"

struct process_found {
	uint64_t at;		/* its address */
	char *file;		/* the caller's, to free: as the memory map
				   has its name; or NULL */
};

/*
 * Finds an exported object by its name: in every file that the process has
 * mapped, by the dynamic symbol table as it is in memory, so that a library
 * that was replaced on disk is found as well.  Returns 0, with the file that
 * has it, or
 *
 *   -ESRCH   there is no such process
 *   -ENOENT  no file of it has the object
 *   -ENXIO   nothing is mapped: it has ended, or is a thread of the kernel
 *   -EACCES  neither its memory nor its memory map may be read
 *   -EPERM   only its map may: the file is a libhakmem.so, if it has one
 */
int process_find(pid_t pid, const char *name, struct process_found *found);

/*
 * How often a process is read for one answer, at most: more than three
 * thousand libraries take, and less than a second.
 */
#define PROCESS_READS	200000u

/*
 * Does the object with this dynamic section, loaded at addresses of its file
 * and `bias`, define the name?  Takes what it reads off *reads.
 */
bool process_defines(pid_t pid, unsigned int *reads, uint64_t bias,
		     uint64_t dynamic, const char *name);

/* A status of these as text; NULL for 0. */
const char *process_why(int status);

/* The same as text: NULL and the address, or why it was not found. */
const char *process_symbol(pid_t pid, const char *name, uint64_t *at);

#endif /* STAT_PROCESS_H */
