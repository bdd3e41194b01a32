/* SPDX-License-Identifier: MIT */
/*
 * fuzz_common.c - the part of fuzz_common.h that is not on any fast path:
 * messages, and the replay of files.
 *
 * Whatever ends the process, a failed check here, a fatal message of the
 * library, a fault or a hang, the last line on standard error names the
 * input.
 */
#define _GNU_SOURCE
#include "fuzz_common.h"

#include <hakmem.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* An input that takes longer than this counts as a hang. */
#define HANG_SECONDS	60

bool fuzz_tracing;

static char input_name[1024];
static uint8_t input_data[FUZZ_INPUT_MAX];

void fuzz_trace(const char *format, ...)
{
	va_list args;

	if (!fuzz_tracing)
		return;
	va_start(args, format);
	vdprintf(STDERR_FILENO, format, args);
	va_end(args);
}

void fuzz_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	dprintf(STDERR_FILENO, "fuzz: ");
	vdprintf(STDERR_FILENO, format, args);
	dprintf(STDERR_FILENO, "\n");
	va_end(args);
	abort();
}

/* Runs as a signal handler: write() only. */
static void say(const char *s)
{
	ssize_t n = write(STDERR_FILENO, s, strlen(s));

	(void)n;
}

static void on_death(int sig)
{
	say(sig == SIGALRM ? "fuzz: hang in " : "fuzz: failed in ");
	say(input_name);
	say("\n");
	if (sig == SIGALRM)
		_exit(1);
	/* The handler is gone (SA_RESETHAND): the signal does its work. */
	raise(sig);
}

/* A sanitizer's handler says more than ours, and is left in its place. */
static void catch(int sig)
{
	struct sigaction old;
	struct sigaction act;

	memset(&act, 0, sizeof(act));
	act.sa_handler = on_death;
	act.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
	if (!sigaction(sig, NULL, &old) && !(old.sa_flags & SA_SIGINFO) &&
	    old.sa_handler == SIG_DFL)
		sigaction(sig, &act, NULL);
}

void fuzz_start(void)
{
	const char *trace = getenv("FUZZ_TRACE");

	fuzz_tracing = trace && strcmp(trace, "0") != 0;
	/* Which blocks are sampled is drawn: no two runs would be the same. */
	hakmem_option_set("guard", "0");
}

/* ---- replay ---- */

static bool read_input(int fd, size_t *len)
{
	*len = 0;
	while (*len < sizeof(input_data)) {
		ssize_t n = read(fd, input_data + *len,
				 sizeof(input_data) - *len);

		if (n < 0)
			return false;
		if (n == 0)
			break;
		*len += (size_t)n;
	}
	return true;
}

static bool read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && read_input(fd, len);

	if (!ok)
		fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

static void run_input(fuzz_target *target, const char *name, size_t len)
{
	snprintf(input_name, sizeof(input_name), "%s", name);
	fuzz_trace("/* %s */\n", input_name);
	alarm(HANG_SECONDS);
	target(input_data, len);
	alarm(0);
}

static void catch_deaths(void)
{
	static const int deadly[] = {
		SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM
	};

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		catch(deadly[i]);
}

/* ---- the inputs of the command line ---- */

static char **inputs;
static size_t input_count;

static bool add_file(const char *path)
{
	char **more = reallocarray(inputs, input_count + 1, sizeof(*inputs));
	char *copy = strdup(path);

	if (!more || !copy) {
		perror("fuzz");
		exit(1);
	}
	inputs = more;
	inputs[input_count++] = copy;
	return true;
}

static bool add_path(const char *path);

/* No hidden files: editors and version control leave them behind. */
static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool add_directory(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_input, alphasort);
	bool ok = n >= 0;

	for (int i = 0; i < n; i++) {
		char name[1024];
		int len = snprintf(name, sizeof(name), "%s/%s", path,
				   entries[i]->d_name);

		if (len < 0 || (size_t)len >= sizeof(name)) {
			fprintf(stderr, "fuzz: %s: name too long\n", path);
			ok = false;
		} else if (ok) {
			ok = add_path(name);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	else
		fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
	return ok;
}

static bool add_path(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
		return false;
	}
	return S_ISDIR(st.st_mode) ? add_directory(path) : add_file(path);
}

/*
 * Runs inputs [from, to) in a process of their own; returns whether it came
 * to its end.
 */
static bool run_apart(fuzz_target *target, size_t from, size_t to)
{
	int status = -1;
	pid_t pid = fork();
	size_t len;

	if (pid < 0) {
		perror("fuzz: fork");
		return false;
	}
	if (pid == 0) {
		catch_deaths();
		for (size_t i = from; i < to; i++) {
			if (!read_file(inputs[i], &len))
				_exit(1);
			run_input(target, inputs[i], len);
		}
		exit(0);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

/* One input, in this process, where a debugger expects it. */
static int replay_here(fuzz_target *target, const char *path)
{
	size_t len;

	catch_deaths();
	if (path ? !read_file(path, &len) :
		   !read_input(STDIN_FILENO, &len))
		return 1;
	run_input(target, path ? path : "standard input", len);
	printf("1 input: every check held\n");
	return 0;
}

int fuzz_replay(fuzz_target *target, int argc, char **argv)
{
	size_t failed = 0;
	bool together;

	for (int i = 1; i < argc; i++)
		if (!add_path(argv[i]))
			return 1;
	if (argc > 1 && !input_count) {
		fprintf(stderr, "fuzz: no input was found\n");
		return 1;
	}
	if (input_count < 2)
		return replay_here(target, input_count ? inputs[0] : NULL);
	for (size_t i = 0; i < input_count; i++)
		failed += !run_apart(target, i, i + 1);
	together = run_apart(target, 0, input_count);
	printf("%zu inputs, each by itself: %zu failed\n", input_count,
	       failed);
	printf("one after the other in one process: %s\n",
	       together ? "every check held" : "failed");
	return failed || !together;
}
