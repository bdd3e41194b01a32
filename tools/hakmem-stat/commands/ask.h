/* SPDX-License-Identifier: MIT */
/*
 * ask.h - asks a running process to do something, for the commands "set" and
 * "trim": writes a request where its statistics page says that they go, and
 * waits for the answer.  lib/stats/page.h has the protocol.
 */
#ifndef STAT_ASK_H
#define STAT_ASK_H

#include "commands/output.h"
#include "process/page.h"

#include "stats/page.h"

#include <sys/types.h>

/* The command line of one of them: -p PID, --wait=SECONDS. */
struct ask_arguments {
	const char *command;	/* its name */
	struct output output;
	pid_t pid;
	unsigned int wait;	/* seconds */
	bool json;		/* not a table */
};

/* The lines of their help, with those of output.h behind them. */
#define ASK_HELP \
	"  -p, --pid=PID        the process\n" \
	"      --wait=SECONDS   for its answer: 2, or another whole number\n" \
	"  -f, --format=FORMAT  table (the default) or json\n" \
	"      --json           the same as --format=json\n" \
	"      --color=WHEN     auto (the default), always or never\n" \
	"  -h, --help           this text\n"

/*
 * Reads it; `command` is there.  `optind` is then at the first argument.
 * Returns false where the command is done, as output_take() does.
 */
bool ask_read_arguments(int argc, char **argv, struct ask_arguments *args);

/* A process that can be asked, by nobody else meanwhile. */
struct ask {
	pid_t pid;
	int lock;		/* a file descriptor */
	int memory;		/* the same, of the process's memory */
	uint64_t at;		/* of its struct hk_page_request */
	unsigned int wait;	/* seconds */
};

/* Ends the program where it cannot be asked, and says why. */
void ask_open(struct ask *ask, const struct ask_arguments *args,
	      const struct page *page);

/*
 * Asks, and returns what the process answers: 0, or a negative errno value.
 * Ends the program with STATUS_FINDING where no answer comes in time; the
 * process does it then as soon as it allocates again.
 */
int64_t ask_do(const struct ask *ask, enum hk_page_what what,
	       const char *text);

void ask_close(struct ask *ask);

#endif /* STAT_ASK_H */
