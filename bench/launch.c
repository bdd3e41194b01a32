/* SPDX-License-Identifier: MIT */
/*
 * launch - runs one command and writes one line about what it took.
 *
 * The kernel counts the memory that a process had before exec() into what
 * it tells a parent, so whoever starts a measured program must itself be
 * small: this program allocates nothing, and forks before it has touched
 * more than a few pages.  LD_PRELOAD is set for the command only.  The line
 * is
 *
 *	wall=S user=S sys=S rss_kib=N exact=0|1 minflt=N majflt=N nvcsw=N
 *	nivcsw=N exit=N signal=N timeout=0|1
 *
 * on one line; peak RSS is that of the largest process among the command
 * and the children that it waited for, the times are sums over them.  With
 * exact=1 the peak was read at the end of the processes (trace.h tells how);
 * with exact=0 it is, at least for the children, what wait4() says, which is
 * up to 32 pages for each processor and kind of page away from the truth.
 *
 * The command gets a process group of its own, which is what a time limit
 * or a signal to the launcher ends.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "trace.h"

/* Exit statuses of the launcher itself, as timeout(1) and env(1) use them. */
enum {
	EXIT_TIMEOUT = 124,
	EXIT_LAUNCHER = 125,
	EXIT_CANNOT_RUN = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_SIGNAL_BASE = 128,
};

enum {
	MAX_VARIABLES = 64,
	PRELOAD_BYTES = 4096,
	LINE_BYTES = 512,
};

struct options {
	const char *preload;
	const char *output;
	int output_fd;
	unsigned limit_seconds;
	int clean;
	int untraced;
	int follow;
	char *variables[MAX_VARIABLES];
	size_t variable_count;
};

static volatile pid_t child;
static volatile sig_atomic_t timed_out;

/* Writes a few strings to standard error, ends with status 125. */
__attribute__((noreturn))
static void fail(const char *what, const char *detail)
{
	dprintf(STDERR_FILENO, "launch: %s%s%s\n", what, *detail ? ": " : "",
		detail);
	exit(EXIT_LAUNCHER);
}

static const char usage[] =
	"usage: launch [-i] [-e NAME=VALUE]... [-p LIBRARY] [-t SECONDS]\n"
	"              [-a | -u] [-o FILE | -f FD] COMMAND [ARGUMENT]...\n"
	"  -i  start from an empty environment\n"
	"  -e  set a variable for the command\n"
	"  -p  set LD_PRELOAD for the command (unset without this option)\n"
	"  -t  kill the command after this many seconds\n"
	"  -a  read the peak RSS of all processes, not only the first; slow\n"
	"      where there are many\n"
	"  -u  no tracing: the peak RSS is what wait4() says\n"
	"  -o  append the line to FILE; -f: write it to an open descriptor\n"
	"      (standard error without either)\n";

static unsigned number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value > 1000000)
		fail("not a number", text);
	return (unsigned)value;
}

static void parse(int argc, char **argv, struct options *o)
{
	int opt;

	o->output_fd = STDERR_FILENO;
	while ((opt = getopt(argc, argv, "+ie:p:t:auo:f:h")) != -1) {
		switch (opt) {
		case 'i':
			o->clean = 1;
			break;
		case 'e':
			if (!strchr(optarg, '='))
				fail("-e wants NAME=VALUE", optarg);
			if (o->variable_count == MAX_VARIABLES)
				fail("too many variables", optarg);
			o->variables[o->variable_count++] = optarg;
			break;
		case 'p':
			o->preload = optarg;
			break;
		case 't':
			o->limit_seconds = number(optarg);
			break;
		case 'a':
			o->follow = 1;
			break;
		case 'u':
			o->untraced = 1;
			break;
		case 'o':
			o->output = optarg;
			break;
		case 'f':
			o->output_fd = (int)number(optarg);
			break;
		case 'h':
			dprintf(STDOUT_FILENO, "%s", usage);
			exit(0);
		default:
			dprintf(STDERR_FILENO, "%s", usage);
			exit(EXIT_LAUNCHER);
		}
	}
	if (optind == argc) {
		dprintf(STDERR_FILENO, "%s", usage);
		exit(EXIT_LAUNCHER);
	}
}

/* Makes this process's environment the command's: it only matters at exec. */
static void set_environment(const struct options *o)
{
	static char preload[PRELOAD_BYTES];
	int n;

	if (o->clean)
		clearenv();
	else
		unsetenv("LD_PRELOAD");
	for (size_t i = 0; i < o->variable_count; i++)
		if (putenv(o->variables[i]))
			fail("cannot set", o->variables[i]);
	if (!o->preload)
		return;
	n = snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", o->preload);
	if (n < 0 || (size_t)n >= sizeof(preload) || putenv(preload))
		fail("cannot set LD_PRELOAD", o->preload);
}

static void on_signal(int sig)
{
	pid_t pid = child;

	if (sig == SIGALRM) {
		timed_out = 1;
		sig = SIGKILL;
	}
	if (pid > 0)
		kill(-pid, sig);
}

static void catch_signals(void)
{
	static const int signals[] = { SIGALRM, SIGHUP, SIGINT, SIGTERM };
	struct sigaction act;

	memset(&act, 0, sizeof(act));
	act.sa_handler = on_signal;
	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &act, NULL);
}

/*
 * The child's side: it waits for the parent to be ready, which closes the
 * other end of the pipe then.  exec() puts the caught signals back to their
 * default.
 */
__attribute__((noreturn))
static void run_command(char **argv, const int *gate)
{
	char byte;

	setpgid(0, 0);
	close(gate[1]);
	while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
		;
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "launch: %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

static double clock_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static double seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec * 1e-6;
}

/* Waits for the end of the command; the stops in between are the tracer's. */
static int wait_for_end(pid_t pid, struct trace *t, struct rusage *use)
{
	int status;

	for (;;) {
		pid_t got = wait4(-1, &status, __WALL, use);

		if (got < 0 && errno != EINTR)
			fail("wait4", strerror(errno));
		if (got < 0)
			continue;
		if (WIFSTOPPED(status))
			trace_stopped(t, got, status);
		else if (got == pid)
			return status;
	}
}

static void write_line(const struct options *o, double wall, int status,
		       const struct rusage *use, const struct trace *t)
{
	char line[LINE_BYTES];
	int fd = o->output_fd;
	int exact = trace_is_exact(t);
	long rss = t->peak_kib;
	int n;

	if (!exact && rss < use->ru_maxrss)
		rss = use->ru_maxrss;
	n = snprintf(line, sizeof(line),
		     "wall=%.6f user=%.6f sys=%.6f rss_kib=%ld exact=%d "
		     "minflt=%ld majflt=%ld nvcsw=%ld nivcsw=%ld exit=%d "
		     "signal=%d timeout=%d\n",
		     wall, seconds(use->ru_utime), seconds(use->ru_stime),
		     rss, exact, use->ru_minflt, use->ru_majflt,
		     use->ru_nvcsw, use->ru_nivcsw,
		     WIFEXITED(status) ? WEXITSTATUS(status) : 0,
		     WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		     (int)timed_out);
	if (o->output)
		fd = open(o->output,
			  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (n < 0 || fd < 0 || write(fd, line, (size_t)n) != n)
		fail("cannot write the result", strerror(errno));
}

/* Starts the command, traced unless that is refused or not wanted. */
static pid_t start_command(const struct options *o, char **argv,
			   struct trace *t)
{
	int gate[2];
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC))
		fail("pipe", strerror(errno));
	pid = fork();
	if (pid < 0)
		fail("fork", strerror(errno));
	if (pid == 0)
		run_command(argv, gate);
	setpgid(pid, pid);
	child = pid;
	trace_begin(t, pid, o->untraced, o->follow);
	alarm(o->limit_seconds);
	close(gate[0]);
	close(gate[1]);
	return pid;
}

int main(int argc, char **argv)
{
	struct options o;
	struct rusage use;
	struct trace t;
	double start;
	int status;
	pid_t pid;

	memset(&o, 0, sizeof(o));
	parse(argc, argv, &o);
	set_environment(&o);
	catch_signals();
	start = clock_seconds();
	pid = start_command(&o, argv + optind, &t);
	status = wait_for_end(pid, &t, &use);
	child = 0;
	alarm(0);
	write_line(&o, clock_seconds() - start, status, &use, &t);
	if (timed_out)
		return EXIT_TIMEOUT;
	if (WIFSIGNALED(status))
		return EXIT_SIGNAL_BASE + WTERMSIG(status);
	return WEXITSTATUS(status);
}
