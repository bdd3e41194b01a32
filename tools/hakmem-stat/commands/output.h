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

/* Their lines of a command's help; those of a command without CSV differ. */
#define OUTPUT_HELP \
	"  -f, --format=FORMAT  table (the default), json or csv\n" \
	"      --json           the same as --format=json\n" \
	"      --color=WHEN     auto (the default), always or never\n" \
	"  -h, --help           this text\n"

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
 * For commands that print a table or JSON: whether it is JSON; ends the
 * program where the format is none of both, as `command`.
 */
bool output_is_json(const struct output *output, const char *command);

/*
 * The place of the column that --sort= names among `known`, which NULL ends;
 * ends the program where it is none, as `command`.
 */
int output_column(const char *command, const char *name,
		  const char *const *known);

#endif /* STAT_OUTPUT_H */
