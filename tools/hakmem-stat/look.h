/* SPDX-License-Identifier: MIT */
/*
 * look.h - one running process, for the commands that look into it.
 */
#ifndef STAT_LOOK_H
#define STAT_LOOK_H

#include "output.h"
#include "page.h"
#include "units.h"

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

/* Ends the program with STATUS_UNREADABLE where `why` is not NULL. */
void look_require(pid_t pid, const char *why);

/*
 * Loads its statistics page; the second one with what each heap and what the
 * slabs have.  End the program where that cannot be done, and say why.
 */
void look_page(struct page *page, pid_t pid);
void look_units(struct page *page, struct units *units, pid_t pid);

#endif /* STAT_LOOK_H */
