/* SPDX-License-Identifier: MIT */
/*
 * output.h - the options that every command which only prints has.
 */
#ifndef STAT_OUTPUT_H
#define STAT_OUTPUT_H

#include <getopt.h>
#include <stdbool.h>

struct output {
	const char *format;	/* as it was given; "table" at first */
	int status;		/* where the command is not to go on */
};

/* These for getopt_long(), whose short ones are "f:h". */
#define OUTPUT_OPTIONS \
	{ "format", required_argument, NULL, 'f' }, \
	{ "json", no_argument, NULL, 'j' }, \
	{ "color", required_argument, NULL, 'c' }, \
	{ "help", no_argument, NULL, 'h' }

/* Before the first of them is read. */
void output_start(struct output *output);

/*
 * Takes an option that getopt_long() returned and that is none of the
 * command's own.  Returns false where the command is done, as below.
 */
bool output_take(struct output *output, int option);

/*
 * For commands that have no others: reads these, and `optind` is then at the
 * first argument that is no option.  Returns false where the command is done:
 * help was printed, or something is wrong and was told.
 */
bool output_read(int argc, char **argv, struct output *output);

/*
 * The place of the column that --sort= names among `known`, which NULL ends;
 * ends the program where it is none, as `command`.
 */
int output_column(const char *command, const char *name,
		  const char *const *known);

#endif /* STAT_OUTPUT_H */
