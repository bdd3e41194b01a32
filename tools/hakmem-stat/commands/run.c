/* SPDX-License-Identifier: MIT */
/*
 * run.c - "hakmem-stat run COMMAND": runs it with the library preloaded, and
 * says what came of it.
 *
 * That the library was loaded is not taken for granted: the memory map of
 * the process is looked at while it runs, early and then less and less
 * often, until it shows the library or shows that the loader went on without
 * it.  A process that ends before that is judged by the figures that it
 * printed; where it printed none, its loader is asked what it loads.
 *
 * These arrive on the command's standard error, which passes through a filter
 * that picks them out.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "common/child.h"
#include "common/util.h"
#include "display/print.h"
#include "figures/filter.h"
#include "figures/options.h"
#include "process/loaded.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef HAKMEM_LIBDIR
#error "HAKMEM_LIBDIR must be the directory of the installed library"
#endif
#define INSTALLED_LIBRARY HAKMEM_LIBDIR "/libhakmem.so.1"

/* Microseconds. */
#define LOOK_FIRST	100
#define LOOK_LAST	500000
#define HOLD_TIME	50000	/* of a few bytes that may begin a tag */

struct run {
	struct loaded_library library;
	char **command;
	const char *output;	/* file for the report, or NULL */
	const char *preset;	/* or NULL: as the user's settings have it */
	FILE *out;
	enum print_format format;
	struct child child;
	struct filter filter;
	struct oslines lines;
	bool in_line;		/* what was passed on ends without newline */
	enum loaded_seen seen;
	bool settled;		/* no need to look again */
	long look_wait;
	char *seen_program;	/* in which it was, or was not, seen */
	int wait_status;
	struct rusage usage;
	struct timespec started, ended;
};

/* ---- the command line ---- */

static void parse(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "lib", required_argument, NULL, 'l' },
		{ "preset", required_argument, NULL, 'p' },
		{ "format", required_argument, NULL, 'f' },
		{ "color", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *library = NULL;
	int option;
	char *why;

	while ((option = getopt_long(argc, argv, "+o:l:p:f:h", options,
				     NULL)) >= 0) {
		switch (option) {
		case 'o':
			run->output = optarg;
			break;
		case 'l':
			library = optarg;
			break;
		case 'p':
			run->preset = options_preset(optarg);
			break;
		case 'f':
			run->format = print_format_named(optarg);
			break;
		case 'c':
			util_set_color(optarg);
			break;
		case 'h':
			print_help();
			util_finish(stdout, "standard output",
				    STATUS_UNREADABLE);
			exit(STATUS_FINE);
		default:
			exit(STATUS_RUN_FAILED);
		}
	}
	if (optind == argc)
		util_die(STATUS_RUN_FAILED, "run: which command?");
	run->command = argv + optind;
	why = loaded_check_library(library ? library : INSTALLED_LIBRARY,
				   &run->library);
	if (why)
		util_die(STATUS_RUN_FAILED, "the library cannot be loaded: "
			 "%s%s", why, library ? "" :
			 " (--lib=PATH names another one)");
}

static void open_output(struct run *run)
{
	run->out = stderr;
	if (!run->output)
		return;
	run->out = fopen(run->output, "we");
	if (!run->out)
		util_die(STATUS_RUN_FAILED, "%s: %s", run->output,
			 strerror(errno));
}

static void set_environment(const struct run *run)
{
	const char *others = getenv("LD_PRELOAD");
	char *preload = others && *others ?
		util_format("%s:%s", run->library.path, others) :
		util_copy(run->library.path, strlen(run->library.path));

	if (setenv("LD_PRELOAD", preload, 1) ||
	    setenv("HAKMEM_SS_OS_STATS", "1", 1) ||
	    (run->preset && setenv("HAKMEM_PROFILE", run->preset, 1)))
		util_die(STATUS_RUN_FAILED, "%s", strerror(errno));
	free(preload);
}

/* ---- while it runs ---- */

/*
 * Standard error of the command, on ours.  A reader that has gone is not
 * the command's fault: it is not told.
 */
static void pass_on(void *arg, const char *bytes, size_t len)
{
	struct run *run = arg;

	run->in_line = bytes[len - 1] != '\n';
	while (len) {
		ssize_t n = write(STDERR_FILENO, bytes, len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd fd = { STDERR_FILENO, POLLOUT, 0 };

			poll(&fd, 1, -1);
			continue;
		}
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
}

static void close_err(struct run *run)
{
	close(run->child.err);
	run->child.err = -1;
}

/* Reads once; false where nothing is there, or nothing more will be. */
static bool pump(struct run *run)
{
	char bytes[16384];
	ssize_t n = read(run->child.err, bytes, sizeof(bytes));

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		/* EIO: the terminal has no writer any more. */
		close_err(run);
		return false;
	}
	filter_put(&run->filter, bytes, (size_t)n, pass_on, run);
	return true;
}

static void look(struct run *run)
{
	char *link;
	char target[4096];
	ssize_t len;

	if (run->settled)
		return;
	run->seen = loaded_look(run->child.pid, &run->library);
	/* Half as long again each time: some 20 looks in the first 0.5 s. */
	if (run->look_wait < LOOK_LAST)
		run->look_wait += run->look_wait / 2;
	if (run->seen == LOADED_TOO_EARLY)
		return;
	run->settled = true;
	link = util_format("/proc/%ld/exe", (long)run->child.pid);
	len = readlink(link, target, sizeof(target));
	if (len > 0)
		run->seen_program = util_copy(target, (size_t)len);
	free(link);
}

static bool has_ended(struct run *run)
{
	pid_t pid = wait4(run->child.pid, &run->wait_status, WNOHANG,
			  &run->usage);

	return pid == run->child.pid;
}

/* Waits for what comes first; false where the time is over. */
static bool wait_for_events(const struct run *run, struct pollfd fds[2])
{
	long wait = run->settled ? -1 : run->look_wait;
	struct timespec time;

	if (filter_holds(&run->filter) && (wait < 0 || wait > HOLD_TIME))
		wait = HOLD_TIME;
	time = (struct timespec){ 0, wait * 1000 };
	return ppoll(fds, 2, wait < 0 ? NULL : &time, NULL) != 0;
}

static void watch(struct run *run)
{
	struct pollfd fds[2];

	run->look_wait = LOOK_FIRST;
	for (;;) {
		fds[0] = (struct pollfd){ run->child.signals, POLLIN, 0 };
		fds[1] = (struct pollfd){ run->child.err, POLLIN, 0 };
		if (!wait_for_events(run, fds))
			filter_release(&run->filter, pass_on, run);
		look(run);
		if (fds[1].revents)
			pump(run);
		if (fds[0].revents && child_take_signals(&run->child) &&
		    has_ended(run))
			return;
	}
}

/*
 * Processes that outlive the command may go on writing.  Another process of
 * ours passes that on, as we are about to end.
 */
static void leave_to_others(struct run *run)
{
	int flags = fcntl(run->child.err, F_GETFL);
	pid_t pid = fork();

	if (pid != 0) {
		close_err(run);
		return;
	}
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	if (run->output)
		close(fileno(run->out));
	fcntl(run->child.err, F_SETFL, flags & ~O_NONBLOCK);
	while (run->child.err >= 0)
		pump(run);
	filter_end(&run->filter, pass_on, run);
	_exit(0);
}

/* What the command wrote before it ended. */
static void drain(struct run *run)
{
	int flags;

	if (run->child.err >= 0) {
		flags = fcntl(run->child.err, F_GETFL);
		fcntl(run->child.err, F_SETFL, flags | O_NONBLOCK);
		while (pump(run))
			;
	}
	if (run->child.err >= 0)
		leave_to_others(run);
	filter_end(&run->filter, pass_on, run);
}

/* ---- afterwards ---- */

static const char *say_no(struct print_run *report, const char *why)
{
	report->loaded = "no";
	return why;
}

static const char *judge_unseen(const struct run *run,
				struct print_run *report)
{
	char *program = run->seen_program;
	const char *why = NULL;

	if (!program)
		program = loaded_find_program(run->command[0]);
	if (program)
		why = loaded_obstacle(program, &run->library);
	if (why)
		return say_no(report, why);
	if (run->seen == LOADED_NO)
		return say_no(report, "the dynamic loader went on without it, "
			      "and has said why on standard error");
	report->loaded = "yes";
	if (run->lines.count)
		return "the process, or one that it started, printed its "
			"figures";
	if (program && loaded_by_loader(program, &run->library))
		return util_format("the dynamic loader loads it into %s; the "
				   "process itself ended too soon to look",
				   program);
	return say_no(report, "the dynamic loader does not load it");
}

static void judge(const struct run *run, struct print_run *report)
{
	if (run->seen == LOADED_YES) {
		report->loaded = "yes";
		report->evidence = util_format(
			"in the memory map of process %ld%s%s%s",
			(long)run->child.pid, run->seen_program ? " (" : "",
			run->seen_program ? run->seen_program : "",
			run->seen_program ? ")" : "");
	} else {
		report->evidence = judge_unseen(run, report);
	}
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double seconds_between(struct timespec from, struct timespec to)
{
	return (double)(to.tv_sec - from.tv_sec) +
		(double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static int report(const struct run *run)
{
	const char *forced = getenv("HAKMEM_FORCE_LIBC_ALLOC");
	struct print_run about = {
		.command = run->command,
		.elapsed = seconds_between(run->started, run->ended),
		.user = seconds(run->usage.ru_utime),
		.system = seconds(run->usage.ru_stime),
		.peak_rss = (uint64_t)run->usage.ru_maxrss * 1024,
		.forced_libc = forced && !strcmp(forced, "1"),
	};

	if (WIFSIGNALED(run->wait_status)) {
		about.signal = WTERMSIG(run->wait_status);
		about.status = STATUS_SIGNAL + about.signal;
	} else {
		about.status = WEXITSTATUS(run->wait_status);
	}
	judge(run, &about);
	if (strcmp(about.loaded, "no") == 0 &&
	    (run->output || run->format != PRINT_TABLE))
		util_say("libhakmem was not loaded: %s", about.evidence);
	if (!run->output && run->in_line)
		fputc('\n', run->out);
	print_lines(run->out, run->format, &run->lines, &about, 0);
	util_finish(run->out, run->output ? run->output : "standard error",
		    STATUS_RUN_FAILED);
	return about.status;
}

static int not_started(const struct run *run, int error)
{
	waitpid(run->child.pid, NULL, 0);
	util_say("%s: %s", run->command[0], strerror(error));
	return error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

static int run_command(int argc, char **argv)
{
	static struct run run;
	int error;

	util_trouble = STATUS_RUN_FAILED;
	parse(&run, argc, argv);
	open_output(&run);
	set_environment(&run);
	run.filter.lines = &run.lines;
	run.filter.source = run.command[0];
	clock_gettime(CLOCK_MONOTONIC, &run.started);
	error = child_start(&run.child, run.command);
	if (error)
		return not_started(&run, error);
	watch(&run);
	clock_gettime(CLOCK_MONOTONIC, &run.ended);
	drain(&run);
	return report(&run);
}

const struct command command_run = {
	.name = "run",
	.run = run_command,
	.usage = "[OPTION...] [--] COMMAND [ARGUMENT...]",
	.summary = "run a program on libhakmem, and report",
	.examples =
"  hakmem-stat run -- python3 job.py      run a program on libhakmem\n"
"  hakmem-stat run -o stat.txt -- make    its report into a file\n",
	.help =
"Runs COMMAND with libhakmem preloaded, checks that it was really loaded,\n"
"and prints a report on standard error when it has ended.  Exits as COMMAND\n"
"did; 128 + N where signal N ended it; 125 where hakmem-stat failed, 126\n"
"where COMMAND cannot be executed, 127 where it was not found.\n"
"  -o, --output=FILE    print the report into FILE\n"
"  -l, --lib=PATH       the library, instead of the installed one\n"
"  -p, --preset=PRESET  balanced, speed-first or hardened\n"
"  -f, --format=FORMAT  table (the default), json or csv\n"
"      --color=WHEN     auto (the default), always or never\n"
"  -h, --help           this text\n",
};
