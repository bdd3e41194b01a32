/* SPDX-License-Identifier: MIT */
/*
 * child.h - a command that runs with its standard error led through us.
 *
 * The command keeps our standard input and output.  Its standard error is a
 * pipe, or, where ours is a terminal, a terminal of its own (a
 * pseudoterminal without any processing), so that a program that asks
 * isatty(2) gets the answer that it would get without us.
 */
#ifndef STAT_CHILD_H
#define STAT_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	int err;		/* what it writes to standard error; or -1 */
	bool err_is_terminal;
	sigset_t mask;		/* ours, before signals were blocked */
	struct sigaction sigint, sigquit, sigpipe; /* ours before */
	int signals;		/* descriptor on which signals arrive */
};

/*
 * Starts `argv`.  Returns 0, or the error with which it could not be
 * executed; ends the program where there is not even a process to be had.
 */
int child_start(struct child *child, char *const *argv);

/*
 * Takes the signals that have arrived: passes on those that ask to end, tells
 * the command's terminal of a new size.  Returns whether a child of ours
 * changed its state.
 */
bool child_take_signals(struct child *child);

/* The signals are as they were before child_start(). */
void child_restore_signals(const struct child *child);

#endif /* STAT_CHILD_H */
