/* SPDX-License-Identifier: MIT */
/*
 * commands.h - the commands of hakmem-stat; each file of a command defines
 * its own, and main.c has the list.
 */
#ifndef STAT_COMMANDS_H
#define STAT_COMMANDS_H

struct command {
	const char *name;
	/*
	 * Takes its own arguments behind argv[0], the program's name, and
	 * returns the exit status.
	 */
	int (*run)(int argc, char **argv);
	const char *usage;	/* what follows the name */
	const char *summary;	/* less than a line */
	/* Lines of text, to be printed as they are. */
	const char *examples;
	const char *help;	/* what it does, its statuses, its options */
};

extern const struct command command_run;
extern const struct command command_report;
extern const struct command command_options;
extern const struct command command_ls;
extern const struct command command_doctor;
extern const struct command command_top;
extern const struct command command_explain;
extern const struct command command_map;
extern const struct command command_sizes;
extern const struct command command_threads;
extern const struct command command_export;
extern const struct command command_set;
extern const struct command command_trim;
extern const struct command command_record;
extern const struct command command_diff;
extern const struct command command_soak;
extern const struct command command_plot;
extern const struct command command_live;

/* Prints the help of the command that runs; in main.c. */
void print_help(void);

#endif /* STAT_COMMANDS_H */
