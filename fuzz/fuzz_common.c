/* SPDX-License-Identifier: MIT */
/*
 * fuzz_common.c - the part of fuzz_common.h that is not on any fast path:
 * messages, and the replay of files.
 *
 * Whatever ends the process, a failed check here, a fatal message of the
 * library, a fault or a hang, the last line on standard error names the
 * input.
 */
#include "fuzz_common.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An input that takes longer than this counts as a hang. */
#define HANG_SECONDS	60

bool fuzz_tracing;

static char input_name[1024];
static uint8_t input_data[FUZZ_INPUT_MAX];
static unsigned int inputs_run;

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
}

static bool run_fd(fuzz_target *target, int fd)
{
	size_t len = 0;

	while (len < sizeof(input_data)) {
		ssize_t n = read(fd, input_data + len,
				 sizeof(input_data) - len);

		if (n < 0)
			return false;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	fuzz_trace("/* %s */\n", input_name);
	alarm(HANG_SECONDS);
	target(input_data, len);
	alarm(0);
	inputs_run++;
	return true;
}

static bool replay_path(fuzz_target *target, const char *path);

/* No hidden files: editors and version control leave them behind. */
static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool replay_directory(fuzz_target *target, const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_input, alphasort);
	bool ok = n >= 0;

	for (int i = 0; i < n; i++) {
		char name[1024];
		int len = snprintf(name, sizeof(name), "%s/%s", path,
				   entries[i]->d_name);

		if (len < 0 || (size_t)len >= sizeof(name)) {
			errno = ENAMETOOLONG;
			ok = false;
		} else if (ok) {
			ok = replay_path(target, name);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ok;
}

static bool replay_path(fuzz_target *target, const char *path)
{
	struct stat st;
	int fd;
	bool ok;

	if (stat(path, &st))
		goto fail;
	if (S_ISDIR(st.st_mode))
		return replay_directory(target, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		goto fail;
	snprintf(input_name, sizeof(input_name), "%s", path);
	ok = run_fd(target, fd);
	close(fd);
	if (ok)
		return true;
fail:
	fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
	return false;
}

int fuzz_replay(fuzz_target *target, int argc, char **argv)
{
	static const int deadly[] = {
		SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM
	};

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		catch(deadly[i]);
	if (argc < 2) {
		snprintf(input_name, sizeof(input_name), "standard input");
		if (!run_fd(target, STDIN_FILENO)) {
			perror("fuzz: standard input");
			return 1;
		}
	}
	for (int i = 1; i < argc; i++)
		if (!replay_path(target, argv[i]))
			return 1;
	if (!inputs_run) {
		fprintf(stderr, "fuzz: no input was found\n");
		return 1;
	}
	printf("%u inputs: every check held\n", inputs_run);
	return 0;
}
