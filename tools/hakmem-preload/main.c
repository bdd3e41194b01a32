/* SPDX-License-Identifier: MIT */
/*
 * main.c - hakmem-preload: enables and disables libhakmem for a machine or a
 * service.
 *
 * A static program, so that it works where the library does not, built with
 *
 *   HAKMEM_LIBDIR   where the library is installed
 *   HK_CONF_FILE    hakmem.conf, as the library knows it
 *   PRELOAD_PROBE   where preload-probe is installed
 */
#define _GNU_SOURCE
#include "common/nearest.h"
#include "options.h"
#include "root.h"
#include "say.h"
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <hakmem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a command knows of the options beside --root and --quiet. */
#define WITH_LIBRARY	1u
#define WITH_SERVICE	2u
#define WITH_FORCE	4u
#define WITH_DRY_RUN	8u

static const struct command {
	const char *name;
	int (*run)(const struct options *options);
	unsigned int with;
} commands[] = {
	{ "enable", command_enable,
	  WITH_LIBRARY | WITH_SERVICE | WITH_FORCE | WITH_DRY_RUN },
	{ "disable", command_disable, WITH_SERVICE | WITH_DRY_RUN },
	{ "status", command_status, WITH_SERVICE },
	{ "preset", command_preset, WITH_DRY_RUN },
};

static const char *const names[] = {
	"enable", "disable", "status", "preset", NULL
};

static const char help[] =
"Examples:\n"
"  hakmem-preload enable                  for every program of the machine\n"
"  hakmem-preload enable --dry-run        look whether that would work\n"
"  hakmem-preload enable --service web    for one service of systemd\n"
"  hakmem-preload status                  is it enabled, and is all well?\n"
"  hakmem-preload disable                 take it out again\n"
"  hakmem-preload preset speed-first      choose a preset in hakmem.conf\n"
"\n"
"Usage: hakmem-preload enable [OPTION...]\n"
"       hakmem-preload disable [OPTION...]\n"
"       hakmem-preload status [OPTION...]\n"
"       hakmem-preload preset [OPTION...] [NAME]\n"
"       hakmem-preload --help | --version\n"
"\n"
"enable  Checks the library, runs programs on it, puts it into\n"
"        /etc/ld.so.preload and runs them again; the old file comes back\n"
"        where they fail.\n"
"disable Takes every spelling of libhakmem out of /etc/ld.so.preload.\n"
"status  Looks at the file, the library, services and running processes.\n"
"preset  Prints the preset that hakmem.conf names, or changes it: balanced,\n"
"        speed-first or hardened.\n"
"\n"
"  -r, --root=DIR       work on the system in DIR\n"
"  -s, --service=UNIT   a service instead of the machine (not of preset)\n"
"  -l, --library=PATH   the library instead of the installed one (of enable)\n"
"  -n, --dry-run        change nothing, say what would be (not of status)\n"
"  -f, --force          enable beside another allocator\n"
"  -q, --quiet          errors only\n"
"  -h, --help           this text\n"
"  -V, --version        the version\n"
"\n"
"Exits with 0 where all is well; 1 where status finds it not enabled; 2 for\n"
"a wrong command line; 3 where status finds something wrong; 4 where a check\n"
"refuses; 5 where a program failed, and nothing is changed; 6 where the\n"
"system does not let us, and nothing is changed; 7 where a change could not\n"
"be taken back.\n";

static const struct option long_options[] = {
	{ "root", required_argument, NULL, 'r' },
	{ "service", required_argument, NULL, 's' },
	{ "library", required_argument, NULL, 'l' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "force", no_argument, NULL, 'f' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

static const char short_options[] = "r:s:l:nfqhV";

/* ---- the command line ---- */

/* Prints what was asked for, and ends. */
static _Noreturn void print(const char *text)
{
	fputs(text, stdout);
	exit(fflush(stdout) ? STATUS_SYSTEM : STATUS_FINE);
}

static _Noreturn void usage(void)
{
	/* getopt has said what is wrong. */
	fputs("hakmem-preload: hakmem-preload --help has the options\n",
	      stderr);
	exit(STATUS_USAGE);
}

static void take_option(struct options *options, unsigned int *with, int c)
{
	switch (c) {
	case 'r':
		options->root = optarg;
		break;
	case 's':
		options->service = optarg;
		*with |= WITH_SERVICE;
		break;
	case 'l':
		options->library = optarg;
		*with |= WITH_LIBRARY;
		break;
	case 'n':
		options->dry_run = true;
		*with |= WITH_DRY_RUN;
		break;
	case 'f':
		options->force = true;
		*with |= WITH_FORCE;
		break;
	case 'q':
		say_quiet = true;
		break;
	case 'h':
		print(help);
	case 'V':
		print("hakmem-preload (libhakmem) " HAKMEM_VERSION_STRING
		      "\n");
	default:
		usage();
	}
}

static const struct command *find_command(const char *name)
{
	const char *nearest = util_nearest(name, names);

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	exit(say_error(STATUS_USAGE, "unknown command '%s'%s%s%s; "
		       "hakmem-preload --help has the commands", name,
		       nearest ? "; did you mean '" : "",
		       nearest ? nearest : "", nearest ? "'?" : ""));
}

static void check_with(const struct command *command, unsigned int with)
{
	static const char *const of[] = {
		"--library", "--service", "--force", "--dry-run"
	};

	for (unsigned int i = 0; i < 4; i++)
		if (with & 1u << i && !(command->with & 1u << i))
			exit(say_error(STATUS_USAGE, "%s is no option of '%s'",
				       of[i], command->name));
}

static const struct command *read_line(int argc, char **argv,
				       struct options *options)
{
	static char program[] = "hakmem-preload"; /* as getopt names us */
	const struct command *command;
	unsigned int with = 0;
	int c;

	argv[0] = program;
	while ((c = getopt_long(argc, argv, short_options, long_options,
				NULL)) != -1)
		take_option(options, &with, c);
	if (optind == argc)
		exit(say_error(STATUS_USAGE, "which command?  'enable', "
			       "'disable', 'status' or 'preset'; "
			       "hakmem-preload --help has examples"));
	command = find_command(argv[optind++]);
	check_with(command, with);
	if (command->run == command_preset && optind < argc)
		options->preset = argv[optind++];
	if (optind < argc)
		exit(say_error(STATUS_USAGE, "'%s' is one word too many",
			       argv[optind]));
	return command;
}

/* ---- running it ---- */

/* What is opened later must not become our standard output or error. */
static void open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static bool changes(const struct command *command,
		    const struct options *options)
{
	if (options->dry_run || command->run == command_status)
		return false;
	return command->run != command_preset || options->preset;
}

int main(int argc, char **argv)
{
	struct options options = { .library = NULL };
	const struct command *command;
	char *why;
	int status;

	if (argc < 1)
		return STATUS_USAGE;
	open_standard();
	command = read_line(argc, argv, &options);
	if (changes(command, &options) && geteuid() != 0)
		return say_error(STATUS_SYSTEM, "'%s' changes files of the "
				 "system: run it as root", command->name);
	umask(022);
	why = root_enter(options.root);
	if (why) {
		status = say_error(STATUS_SYSTEM, "%s", why);
		free(why);
		return status;
	}
	stop_hold();
	status = command->run(&options);
	if (fflush(stdout) && errno != EPIPE)
		say_error(status, "standard output: %s", strerror(errno));
	stop_die();
	return status;
}
