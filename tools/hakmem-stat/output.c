/* SPDX-License-Identifier: MIT */
/*
 * output.c - see output.h.
 */
#define _GNU_SOURCE
#include "output.h"

#include "commands.h"
#include "util.h"

#include <getopt.h>

bool output_read(int argc, char **argv, struct output *output)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "color", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*output = (struct output){ .format = "table" };
	while ((option = getopt_long(argc, argv, "f:h", options, NULL)) >= 0) {
		switch (option) {
		case 'f':
			output->format = optarg;
			break;
		case 'j':
			output->format = "json";
			break;
		case 'c':
			util_set_color(optarg);
			break;
		case 'h':
			print_help();
			output->status = STATUS_FINE;
			return false;
		default:
			output->status = STATUS_USAGE;
			return false;
		}
	}
	return true;
}
