/* SPDX-License-Identifier: MIT */
/*
 * main.c - hakmem-stat: what libhakmem does in a process.
 *
 * Built with -DHAKMEM_LIBDIR='"$(libdir)"', where the library is installed,
 * with json-c where there is one (HAVE_JSON_C), and with what the library
 * itself reads options by.
 */
#include "commands.h"
#include "util.h"

#include <hakmem.h>
#include <string.h>

static const struct {
	const char *name;
	int (*command)(int argc, char **argv);
} commands[] = {
	{ "run", command_run },
	{ "report", command_report },
	{ "options", command_options },
	{ "ls", command_ls },
	{ "explain", command_explain },
	{ "sizes", command_sizes },
	{ "threads", command_threads },
	{ "export", command_export },
	{ "-p", command_live },
};

static const char *const names[] = {
	"run", "report", "options", "ls", "explain", "sizes", "threads",
	"export", NULL
};

void print_help(void)
{
	fputs(
"Examples:\n"
"  hakmem-stat run -- python3 job.py      run a program on libhakmem\n"
"  hakmem-stat run -o stat.txt -- make    its report into a file\n"
"  hakmem-stat ls                         which processes are on libhakmem\n"
"  hakmem-stat explain -p 4711            where its resident memory is\n"
"  hakmem-stat -p 4711                    look into a running process\n"
"  hakmem-stat sizes -p 4711              its blocks by size\n"
"  hakmem-stat threads -p 4711            what each of its threads keeps\n"
"  hakmem-stat export -p 4711             its figures for Prometheus\n"
"  hakmem-stat report server.log          read the figures in a log\n"
"  journalctl -u web | hakmem-stat report --format=csv -\n"
"  hakmem-stat options                    what can be chosen, and is\n"
"\n"
"Usage: hakmem-stat run [OPTION...] [--] COMMAND [ARGUMENT...]\n"
"       hakmem-stat report [OPTION...] FILE...\n"
"       hakmem-stat options [OPTION...] [NAME...]\n"
"       hakmem-stat ls [OPTION...]\n"
"       hakmem-stat explain -p PID [OPTION...]\n"
"       hakmem-stat sizes -p PID [OPTION...]\n"
"       hakmem-stat threads -p PID [OPTION...]\n"
"       hakmem-stat export [OPTION...]\n"
"       hakmem-stat -p PID [OPTION...]\n"
"       hakmem-stat --help | --version\n"
"\n"
"run     Runs COMMAND with libhakmem preloaded, checks that it was really\n"
"        loaded, and prints a report on standard error when it has ended.\n"
"        Exits as COMMAND did; 128 + N where signal N ended it; 125 where\n"
"        hakmem-stat failed, 126 where COMMAND cannot be executed, 127 where\n"
"        it was not found.\n"
"  -o, --output=FILE    print the report into FILE\n"
"  -l, --lib=PATH       the library, instead of the installed one\n"
"  -p, --preset=PRESET  balanced, speed-first or hardened\n"
"\n"
"report  Reads the [SS_OS_STATS] lines that HAKMEM_SS_OS_STATS=1 makes the\n"
"        library print, wherever in the files they are; '-' is standard\n"
"        input.  Exits with 1 where there is none, 2 for a wrong command\n"
"        line, 3 where a file cannot be read.\n"
"\n"
"options Lists the library's options, or those named: what a process that\n"
"        starts now would have, each preset's value, the range.\n"
"\n"
"ls      Lists every process that has libhakmem: its resident memory, what\n"
"        of the heap is in use and committed, preset, systemd unit or\n"
"        control group, name; '-' where it may not be read.\n"
"  --sort=COLUMN        pid (the default), user, rss, used, committed,\n"
"                       preset, unit or command; most bytes first\n"
"  -u, --user=USER      the processes of one user, a name or a number\n"
"\n"
"explain Tells where the resident memory of a running process is, in rows\n"
"        that add up to what the kernel says, each with the options that\n"
"        lower it.  Exits with 1 where the process changed so much meanwhile\n"
"        that they do not, by more than 2 %, 3 where it cannot be read.\n"
"  -p, --pid=PID        the process\n"
"\n"
"sizes   Lists the size classes of a running process: slabs, blocks that are\n"
"        live, ready in magazines and free, bytes of the slabs, their share\n"
"        of all, how much of them is live, refills; and longer blocks.\n"
"  -p, --pid=PID        the process\n"
"  --sort=COLUMN        size, slabs, live, cached, free, bytes (the default),\n"
"                       share, used or refills; the most first\n"
"\n"
"threads Lists its heaps: the thread that has it, bytes of its slabs and of\n"
"        what it keeps ready, refills, batches of blocks freed for others.\n"
"  -p, --pid=PID        the process\n"
"  --sort=COLUMN        heap, thread, bytes (the default), live, free, kept,\n"
"                       sent, refills, chains or name; the most first\n"
"        Both exit with 3 where the process cannot be looked into.\n"
"\n"
"export  Prints the figures of every process that has libhakmem for\n"
"        Prometheus, or for what reads OpenMetrics.  Exits with 3 where the\n"
"        process of -p is none, or the file cannot be written.\n"
"  -p PID               of that process only\n"
"      --all            of every process (the default)\n"
"  -f, --format=FORMAT  prometheus (the default) or openmetrics\n"
"      --textfile=DIR   into DIR/hakmem.prom, whole, for node_exporter\n"
"\n"
"-p PID  Prints every figure of the statistics page of a running process,\n"
"        which notices nothing of it.  Exits with 3 where there is none.\n"
"\n"
"All, but that export has formats of its own and no colour:\n"
"  -f, --format=FORMAT  table (the default), json or csv (not of -p)\n"
"      --json           the same as --format=json (not of run)\n"
"      --color=WHEN     auto (the default), always or never\n"
"  -h, --help           this text\n"
"  -V, --version        the version\n",
	stdout);
}

static int finish(int status)
{
	util_finish(stdout, "standard output", STATUS_UNREADABLE);
	return status;
}

int main(int argc, char **argv)
{
	static char program[] = "hakmem-stat"; /* as getopt names us */
	const char *word = argc > 1 ? argv[1] : "";
	const char *nearest;

	if (!strcmp(word, "--help") || !strcmp(word, "-h") ||
	    !strcmp(word, "help")) {
		print_help();
		return finish(STATUS_FINE);
	}
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		printf("hakmem-stat (libhakmem) " HAKMEM_VERSION_STRING "\n");
		return finish(STATUS_FINE);
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(word, commands[i].name)) {
			argv[1] = program;
			return finish(commands[i].command(argc - 1, argv + 1));
		}
	if (!*word)
		util_die(STATUS_USAGE, "which command?  'run', 'report', "
			 "'options', 'ls', 'explain', 'sizes', 'threads' or "
			 "'export'; hakmem-stat --help has examples");
	nearest = util_nearest(word, names);
	util_die(STATUS_USAGE, "unknown %s '%s'%s%s%s; hakmem-stat --help "
		 "has the commands", *word == '-' ? "option" : "command",
		 word, nearest ? "; did you mean '" : "",
		 nearest ? nearest : "", nearest ? "'?" : "");
}
