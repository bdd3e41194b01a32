/* SPDX-License-Identifier: MIT */
/*
 * run.h - a program of the tree, run for a few seconds at most.
 *
 * Nothing of our environment reaches it: it gets a fixed PATH, the C locale
 * and, where it is to be preloaded, LD_PRELOAD.
 */
#ifndef PRELOAD_RUN_H
#define PRELOAD_RUN_H

#include <stdbool.h>
#include <sys/types.h>

/* What it prints beyond that is read and dropped. */
#define RUN_TEXT	4096

struct run {
	/* From the caller. */
	const char *const *argv;	/* the first is a path */
	const char *preload;		/* NULL: nothing */
	uid_t uid;			/* and group; 0: as we are */
	/* Called once it has printed a line, while it waits for the end of
	   its standard input; or NULL. */
	void (*look)(void *arg, pid_t pid);
	void *arg;

	/* What comes of it. */
	int start_error;		/* why it was not started, or 0 */
	int status;			/* as of waitpid(2) */
	bool timed_out;
	bool stopped;			/* by a signal of stop.h */
	char out[RUN_TEXT], err[RUN_TEXT];
};

void run_program(struct run *run);

/* Started, ended by itself with 0, and nothing on standard error. */
bool run_was_fine(const struct run *run);

/* What was not, in a few words, with the first line that it printed. */
char *run_trouble(const struct run *run);

#endif /* PRELOAD_RUN_H */
