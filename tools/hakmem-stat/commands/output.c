/* SPDX-License-Identifier: MIT */
/*
 * output.c - see output.h.
 */
#define _GNU_SOURCE
#include "commands/output.h"

#include "commands/commands.h"
#include "common/util.h"

#include <string.h>

void output_start(struct output *output)
{
	*output = (struct output){ .format = "table" };
}

bool output_take(struct output *output, int option)
{
	switch (option) {
	case 'f':
		output->format = optarg;
		return true;
	case 'j':
		output->format = "json";
		return true;
	case 'c':
		util_set_color(optarg);
		return true;
	case 'h':
		print_help();
		output->status = STATUS_FINE;
		return false;
	default:
		output->status = STATUS_USAGE;
		return false;
	}
}

bool output_read(int argc, char **argv, struct output *output)
{
	static const struct option options[] = {
		OUTPUT_OPTIONS,
		{ NULL, 0, NULL, 0 },
	};
	int option;

	output_start(output);
	while ((option = getopt_long(argc, argv, "f:h", options, NULL)) >= 0)
		if (!output_take(output, option))
			return false;
	return true;
}

bool output_is_json(const struct output *output, const char *command)
{
	bool json = !strcmp(output->format, "json");

	if (!json && strcmp(output->format, "table") != 0)
		util_die(STATUS_USAGE, "%s: --format=%s: table or json",
			 command, output->format);
	return json;
}

int output_column(const char *command, const char *name,
		  const char *const *known)
{
	const char *nearest;

	for (int c = 0; known[c]; c++)
		if (!strcmp(name, known[c]))
			return c;
	nearest = util_nearest(name, known);
	util_die(STATUS_USAGE, "%s: --sort=%s: no such column%s%s%s", command,
		 name, nearest ? "; did you mean '" : "",
		 nearest ? nearest : "", nearest ? "'?" : "");
}
