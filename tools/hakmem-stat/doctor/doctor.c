/* SPDX-License-Identifier: MIT */
/*
 * doctor.c - "hakmem-stat doctor [PID|COMMAND]": why is the library not
 * loaded, or not doing well, and what is to be done about it?
 */
#define _GNU_SOURCE
#include "doctor/doctor.h"

#include "commands/commands.h"
#include "commands/output.h"
#include "common/util.h"
#include "display/json.h"
#include "display/print.h"
#include "process/look.h"
#include "process/proc.h"

#include "root.h"
#include "text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY	HAKMEM_LIBDIR "/libhakmem.so.1"

struct arguments {
	struct output output;
	const char *library;
	const char *root;	/* or NULL */
	const char *what;	/* a process or a program; or NULL */
};

/* For what hakmem-preload has of this. */
void text_no_memory(void)
{
	util_die(util_trouble, "out of memory");
}

/* Returns false where the command is done. */
static bool read_arguments(int argc, char **argv, struct arguments *args)
{
	static const struct option options[] = {
		{ "lib", required_argument, NULL, 'l' },
		{ "root", required_argument, NULL, 'r' },
		OUTPUT_OPTIONS,
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*args = (struct arguments){ .library = LIBRARY };
	output_start(&args->output);
	while ((option = getopt_long(argc, argv, "f:hl:", options, NULL)) >=
	       0) {
		if (option == 'l')
			args->library = optarg;
		else if (option == 'r')
			args->root = optarg;
		else if (!output_take(&args->output, option))
			return false;
	}
	args->what = argv[optind];
	if (optind + 1 < argc)
		util_die(STATUS_USAGE, "doctor takes one argument, and not "
			 "'%s' as well", argv[optind + 1]);
	return true;
}

/* A name of digits alone is a process; a file of that name is "./17". */
static bool is_number(const char *what)
{
	return *what && strspn(what, "0123456789") == strlen(what);
}

/* Where a relative path leads to; as it is where that is nothing. */
static const char *full(const char *path)
{
	static char whole[PATH_MAX];

	return realpath(path, whole) && *path != '/' ? whole : path;
}

static void look(struct findings *findings, const struct arguments *args)
{
	const char *library;
	char *why;

	if (args->root && args->what && is_number(args->what))
		util_die(STATUS_USAGE, "doctor: --root is for the machine or "
			 "a program, not for process %s", args->what);
	why = root_enter(args->root);
	if (why)
		util_die(STATUS_UNREADABLE, "doctor: %s", why);
	library = full(args->library);
	if (!args->what) {
		findings->kind = "machine";
		findings->about = args->root ?
			util_format("the system in %s", args->root) :
			util_format("this machine");
		doctor_machine(findings, library);
	} else if (is_number(args->what)) {
		findings->kind = "process";
		findings->pid = look_number(args->what);
		doctor_process(findings, findings->pid, library);
	} else {
		findings->kind = "program";
		doctor_program(findings, args->what, library);
	}
}

static int run(int argc, char **argv)
{
	struct findings findings = { 0 };
	struct arguments args;
	bool json, bad;

	if (!read_arguments(argc, argv, &args))
		return args.output.status;
	json = output_is_json(&args.output, "doctor") &&
		print_format_named(args.output.format) == PRINT_JSON;
	look(&findings, &args);
	proc_printable(findings.about);
	if (json)
		print_findings_json(&findings);
	else
		findings_print(&findings);
	bad = findings_count(&findings, FINDING_PROBLEM);
	findings_free(&findings);
	return bad ? STATUS_FINDING : STATUS_FINE;
}

const struct command command_doctor = {
	.name = "doctor",
	.run = run,
	.usage = "[OPTION...] [PID|COMMAND]",
	.summary = "why it is not loaded, or not doing well",
	.examples =
"  hakmem-stat doctor                     is all well with this machine?\n"
"  hakmem-stat doctor 4711                why is a process not on it, or how\n"
"                                         is it doing?\n"
"  hakmem-stat doctor redis-server        what if it were started now?\n",
	.help =
"Looks for what keeps libhakmem out of programs or from doing well, and says\n"
"of each thing what to do.  Without an argument it looks at the machine, with\n"
"a number at that process, else at a program, which is read and not run.\n"
"Exits with 1 where there is a problem, 3 where there is no such process or\n"
"file, or it may not be looked at.\n"
"  -l, --lib=PATH       the library, instead of the installed one\n"
"      --root=DIR       the files of the system in DIR, such as those of a\n"
"                       container, /proc/PID/root; for root\n"
"  -f, --format=FORMAT  table (the default) or json\n"
"      --json           the same as --format=json\n"
"      --color=WHEN     auto (the default), always or never\n"
"  -h, --help           this text\n",
};
