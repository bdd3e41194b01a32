/* SPDX-License-Identifier: MIT */
/*
 * main.c - hakmem-stat: what libhakmem does in a process.
 *
 * Built with -DHAKMEM_LIBDIR='"$(libdir)"', where the library is installed,
 * with json-c where there is one (HAVE_JSON_C), and with what the library
 * itself reads options by.
 */
#include "commands/commands.h"
#include "common/util.h"

#include "stats/page.h"

#include <fcntl.h>
#include <hakmem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
	&command_run,
	&command_report,
	&command_options,
	&command_ls,
	&command_doctor,
	&command_top,
	&command_explain,
	&command_map,
	&command_sizes,
	&command_threads,
	&command_export,
	&command_set,
	&command_trim,
	&command_record,
	&command_diff,
	&command_soak,
	&command_plot,
	&command_live,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* The one that runs, or NULL. */
static const struct command *running;

static void print_all(void)
{
	fputs("Examples:\n", stdout);
	for (size_t i = 0; i < COMMANDS; i++)
		fputs(commands[i]->examples, stdout);
	fputs("\nUsage: hakmem-stat COMMAND [ARGUMENT...]\n"
	      "       hakmem-stat COMMAND --help\n"
	      "       hakmem-stat --help | --version\n\n"
	      "Commands:\n", stdout);
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nExits with 0 where all is well, 1 for a finding, 2 for a "
	      "wrong command line,\n3 where a file or a process cannot be "
	      "read.\n", stdout);
}

void print_help(void)
{
	if (!running) {
		print_all();
		return;
	}
	printf("Examples:\n%s\nUsage: hakmem-stat %s %s\n\n%s",
	       running->examples, running->name, running->usage,
	       running->help);
}

static const struct command *find(const char *word)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(word, commands[i]->name))
			return commands[i];
	return NULL;
}

__attribute__((noreturn))
static void refuse(const char *word)
{
	const char *names[COMMANDS + 1] = { NULL };
	const char *nearest;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i]->name;
	if (!*word)
		util_die(STATUS_USAGE, "which command?  hakmem-stat --help "
			 "has all of them");
	nearest = util_nearest(word, names);
	util_die(STATUS_USAGE, "unknown %s '%s'%s%s%s; hakmem-stat --help "
		 "has the commands", *word == '-' ? "option" : "command",
		 word, nearest ? "; did you mean '" : "",
		 nearest ? nearest : "", nearest ? "'?" : "");
}

static int finish(int status)
{
	util_finish(stdout, "standard output", STATUS_UNREADABLE);
	return status;
}

/*
 * What is closed would be the number of the next file, which would get what
 * is printed.  A missing output is told as one, so it is not to be written to.
 */
static void open_standard(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDERR_FILENO ? O_RDWR :
			 O_RDONLY) != fd)
			exit(STATUS_UNREADABLE);
}

/*
 * "-p" is a command that looks like an option, so it is taken as options are:
 * the number of "-p4711", "--pid=4711"; NULL where there is none in `word`.
 */
static char *number_in(char *word)
{
	if (!strncmp(word, "--pid=", 6))
		return word + 6;
	if (!strncmp(word, "-p", 2) && word[2] >= '0' && word[2] <= '9')
		return word + 2;
	return NULL;
}

/* The command line from the command on: its name goes, its arguments stay. */
static int run(int argc, char **argv)
{
	static char program[] = "hakmem-stat"; /* as getopt names us */
	char *word = argv[1], *number = number_in(word);

	running = find(number || !strcmp(word, "--pid") ? "-p" : word);
	if (!running)
		refuse(word);
	if (number) {
		argv[0] = program;
		argv[1] = number;
		return running->run(argc, argv);
	}
	argv[1] = program;
	return running->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	open_standard();
	if (!strcmp(word, "--help") || !strcmp(word, "-h") ||
	    !strcmp(word, "help")) {
		print_help();
		return finish(STATUS_FINE);
	}
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		printf("hakmem-stat (libhakmem) " HAKMEM_VERSION_STRING
		       ", statistics page %u\n", HK_PAGE_ABI);
		return finish(STATUS_FINE);
	}
	if (argc < 2)
		refuse(word);
	return finish(run(argc, argv));
}
