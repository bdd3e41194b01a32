/* SPDX-License-Identifier: MIT */
/*
 * options.h - the command line as main() read it, and the commands, each in
 * the file of its name.  A command returns a status.
 */
#ifndef PRELOAD_OPTIONS_H
#define PRELOAD_OPTIONS_H

#include <stdbool.h>

struct options {
	const char *library;	/* of --library, or NULL */
	const char *root;	/* of --root, or NULL */
	const char *service;	/* of --service, or NULL */
	const char *preset;	/* the argument of "preset", or NULL */
	bool dry_run;
	bool force;
};

int command_enable(const struct options *options);
int command_disable(const struct options *options);
int command_status(const struct options *options);
int command_preset(const struct options *options);

#endif /* PRELOAD_OPTIONS_H */
