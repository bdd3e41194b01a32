/* SPDX-License-Identifier: MIT */
/*
 * output.h - the options that every command which only prints has.
 */
#ifndef STAT_OUTPUT_H
#define STAT_OUTPUT_H

#include <stdbool.h>

struct output {
	const char *format;	/* as it was given; "table" at first */
	int status;		/* where the command is not to go on */
};

/*
 * Reads -f, --format, --json, --color and --help; `optind` is then at the
 * first argument that is no option.  Returns false where the command is done:
 * help was printed, or something is wrong and was told.
 */
bool output_read(int argc, char **argv, struct output *output);

#endif /* STAT_OUTPUT_H */
