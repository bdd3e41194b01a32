/* SPDX-License-Identifier: MIT */
/*
 * doctor.h - the parts of "hakmem-stat doctor": each looks at one subject and
 * adds what it finds, good or bad.
 */
#ifndef STAT_DOCTOR_H
#define STAT_DOCTOR_H

#include "display/findings.h"
#include "process/page.h"

#include <stdbool.h>
#include <sys/types.h>

/* The three things to look at; doctor_NAME.c. */
void doctor_machine(struct findings *findings, const char *library);
void doctor_process(struct findings *findings, pid_t pid,
		    const char *library);
void doctor_program(struct findings *findings, const char *command,
		    const char *library);

/* ---- doctor_files.c ---- */

/* The library by its path. */
void doctor_library(struct findings *findings, const char *library);

/* What to do where the library is not there; NULL where it is. */
char *doctor_install(const char *library);

/* Does a list, of LD_PRELOAD or in a file, have the library? */
bool doctor_list_has(const char *text);

/*
 * /etc/ld.so.preload, and LD_PRELOAD with that value (NULL: not set).  They
 * return whether the library is in it.
 */
bool doctor_preload_file(struct findings *findings);
bool doctor_preload_variable(struct findings *findings, const char *value);

/* ---- doctor_options.c ---- */

/* Where the options of a process come from. */
struct doctor_choices {
	const char *const *env;	/* "NAME=value" until NULL; or NULL */
	const char *path;	/* the file of options; NULL: not to be read */
	const struct page *page; /* what is in force; or NULL */
	bool secure;		/* it has more privileges than its caller */
	const char *program;	/* its file, or NULL */
	const char *executed;	/* the file that was executed, or NULL */
};

/* Returns whether the process is to be served by the C library. */
bool doctor_options(struct findings *findings,
		    const struct doctor_choices *from);

/* ---- doctor_memory.c; process 0 is this one ---- */

void doctor_cgroup(struct findings *findings, pid_t pid);
void doctor_mappings(struct findings *findings, pid_t pid);
void doctor_limits(struct findings *findings, pid_t pid);
void doctor_huge_pages(struct findings *findings, pid_t pid);

/* The number that a file of the kernel begins with. */
bool doctor_number(const char *path, uint64_t *n);

/* ---- doctor_figures.c ---- */

void doctor_figures(struct findings *findings, pid_t pid,
		    const struct page *page);

/* ---- doctor_allocators.c ---- */

/* Which allocator serves the process, and which others are there. */
void doctor_allocators(struct findings *findings, pid_t pid, bool loaded);

#endif /* STAT_DOCTOR_H */
