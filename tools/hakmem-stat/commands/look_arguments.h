/* SPDX-License-Identifier: MIT */
/*
 * look_arguments.h - the command line of a command that looks into one process.
 */
#ifndef STAT_LOOK_ARGUMENTS_H
#define STAT_LOOK_ARGUMENTS_H

#include "commands/output.h"

#include <sys/types.h>

/*
 * The command line of one of them: -p PID, --sort=COLUMN if it sorts, and
 * options of its own.
 */
struct look_arguments {
	const char *command;	/* its name */
	const char *const *columns; /* NULL ends them; NULL: it has none */
	int sort;		/* a column */
	const struct option *own; /* one without a name ends them; or NULL */
	void (*take)(void *arg, int option); /* one of these, `optarg` */
	void *arg;
	struct output output;
	pid_t pid;
};

/*
 * Reads it; what the command has of the fields above `output` is there.
 * Returns false where the command is done, as output_take() does.
 */
#define LOOK_OPTIONS_MAX 16
bool look_arguments(int argc, char **argv, struct look_arguments *args);

#endif /* STAT_LOOK_ARGUMENTS_H */
