/* SPDX-License-Identifier: MIT */
/*
 * export.c - "hakmem-stat export": the figures of one process, or of all,
 * for a collector of metrics.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/output.h"
#include "common/textfile.h"
#include "common/util.h"
#include "display/families.h"
#include "process/look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What node_exporter looks for is all that ends so. */
#define NAME "hakmem.prom"

struct arguments {
	struct output output;
	bool openmetrics;
	bool all;		/* --all was given */
	pid_t pid;		/* 0: of all processes */
	const char *textfile;	/* a directory, or NULL */
};

static bool is_openmetrics(const char *format)
{
	static const char *const names[] = { "prometheus", "openmetrics",
		NULL };
	const char *nearest;

	for (int i = 0; names[i]; i++)
		if (!strcmp(format, names[i]))
			return i == 1;
	nearest = util_nearest(format, names);
	util_die(STATUS_USAGE, "export: unknown format '%s'%s%s%s: "
		 "prometheus or openmetrics", format,
		 nearest ? "; did you mean '" : "", nearest ? nearest : "",
		 nearest ? "'?" : "");
}

/* What cannot be meant. */
static void check_arguments(int argc, char **argv,
			    const struct arguments *args)
{
	if (optind < argc)
		util_die(STATUS_USAGE, "export takes no argument, such as "
			 "'%s'; -p PID chooses one process", argv[optind]);
	if (args->pid && args->all)
		util_die(STATUS_USAGE, "export: -p or --all, not both");
	if (args->textfile && args->openmetrics)
		util_die(STATUS_USAGE, "export: --textfile is read as "
			 "--format=prometheus, and not as openmetrics");
}

/* Returns false where the command is done. */
static bool read_arguments(int argc, char **argv, struct arguments *args)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "pid", required_argument, NULL, 'p' },
		{ "textfile", required_argument, NULL, 't' },
		{ "format", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*args = (struct arguments){ 0 };
	output_start(&args->output);
	args->output.format = "prometheus";
	while ((option = getopt_long(argc, argv, "f:hp:", options, NULL)) >=
	       0) {
		if (option == 'a')
			args->all = true;
		else if (option == 'p')
			args->pid = look_number(optarg);
		else if (option == 't')
			args->textfile = optarg;
		else if (!output_take(&args->output, option))
			return false;
	}
	args->openmetrics = is_openmetrics(args->output.format);
	check_arguments(argc, argv, args);
	return true;
}

static void look(struct listing *listing, pid_t pid)
{
	const char *why;
	int status;

	if (pid) {
		why = listed_one(listing, pid);
		if (why)
			util_die(STATUS_UNREADABLE, "process %ld: %s",
				 (long)pid, why);
		return;
	}
	status = listed_all(listing, (struct listed_whose){ .any = true });
	if (status)
		util_die(STATUS_UNREADABLE, "/proc: %s", strerror(-status));
}

static void print(FILE *out, const struct arguments *args,
		  struct listing *listing)
{
	struct exposition to = {
		.out = out,
		.openmetrics = args->openmetrics,
	};

	families_print(&to, listing, !args->pid);
}

/* In memory first: the file is then made in as little time as can be. */
static void write_textfile(const struct arguments *args,
			   struct listing *listing)
{
	struct util_text text;
	int status;

	util_text_open(&text);
	print(text.out, args, listing);
	util_text_close(&text);
	status = textfile_write(args->textfile, NAME, 0644, text.bytes,
				text.len);
	if (status)
		util_die(STATUS_UNREADABLE, "%s/" NAME ": %s",
			 args->textfile, strerror(-status));
	free(text.bytes);
}

static int run(int argc, char **argv)
{
	struct listing listing;
	struct arguments args;

	if (!read_arguments(argc, argv, &args))
		return args.output.status;
	look(&listing, args.pid);
	if (args.textfile)
		write_textfile(&args, &listing);
	else
		print(stdout, &args, &listing);
	listed_tell_closed(&listing);
	listed_free(&listing);
	return STATUS_FINE;
}

const struct command command_export = {
	.name = "export",
	.run = run,
	.usage = "[OPTION...]",
	.summary = "figures for Prometheus or OpenMetrics",
	.examples =
"  hakmem-stat export -p 4711             its figures for Prometheus\n",
	.help =
"Prints the figures of every process that has libhakmem for Prometheus, or\n"
"for what reads OpenMetrics.  Exits with 3 where there is no\n"
"such process, or the file cannot be written.\n"
"  -p, --pid=PID        of that process only\n"
"      --all            of every process (the default)\n"
"  -f, --format=FORMAT  prometheus (the default) or openmetrics\n"
"      --textfile=DIR   into DIR/hakmem.prom, whole, for node_exporter\n"
"  -h, --help           this text\n",
};
