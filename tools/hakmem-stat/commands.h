/* SPDX-License-Identifier: MIT */
/*
 * commands.h - the commands of hakmem-stat.  Each takes its own arguments
 * behind argv[0], the program's name, and returns the exit status.
 */
#ifndef STAT_COMMANDS_H
#define STAT_COMMANDS_H

int command_run(int argc, char **argv);
int command_report(int argc, char **argv);
int command_options(int argc, char **argv);
int command_ls(int argc, char **argv);
int command_sizes(int argc, char **argv);
int command_threads(int argc, char **argv);
int command_export(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_live(int argc, char **argv);

/* Prints the help; in main.c. */
void print_help(void);

#endif /* STAT_COMMANDS_H */
