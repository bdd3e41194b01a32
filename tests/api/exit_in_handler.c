/* SPDX-License-Identifier: MIT */
/*
 * exit_in_handler.c - a signal's handler that calls exit() while the thread
 * allocates: the statistics line, where it is asked for, must not wait for a
 * lock that the thread itself has.  Each child is interrupted at another
 * time, and killed where it does not end.
 */
#define _GNU_SOURCE
#include "lib/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 60
#define PATIENCE_S 60

/* The alarm is not blocked in its own handler: the next one kills. */
static void handler(int number)
{
	(void)number;
	signal(SIGALRM, SIG_DFL);
	alarm(PATIENCE_S);
	exit(0);
}

/* Blocks of each kind, so that every lock is often taken. */
static void be_busy(void)
{
	static const size_t sizes[] = { 100, 9000, 30000, 200000, 70000000 };
	static void *kept[64];

	for (unsigned int i = 0;; i++) {
		void **slot = &kept[i % 64];

		free(HIDE(*slot));
		*slot = HIDE(malloc(sizes[i % 5]));
		CHECK(*slot);
	}
}

static void child(long usec)
{
	struct itimerval when = { .it_value.tv_usec = usec };
	struct sigaction action = {
		.sa_handler = handler, .sa_flags = SA_NODEFER
	};

	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &when, NULL) == 0);
	be_busy();
}

/* Returns the child's status, with what it wrote in `line`. */
static int run(char *self, unsigned int number, char *line, size_t size)
{
	char usec[24];
	char *argv[] = { self, usec, NULL };
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	snprintf(usec, sizeof(usec), "%u", 2000 + 197 * number);
	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		dup2(fds[1], STDERR_FILENO);
		execv("/proc/self/exe", argv);
		_exit(CHECK_ERROR_STATUS);
	}
	close(fds[1]);
	n = read(fds[0], line, size - 1);
	line[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

int main(int argc, char **argv)
{
	char line[1024];

	if (argc == 2) {
		child(atol(argv[1]));
		return CHECK_ERROR_STATUS;
	}
	/* A child is a program of its own, which they do not follow. */
	if (check_emulated())
		return CHECK_SKIP_STATUS;
	CHECK(setenv("HAKMEM_SS_OS_STATS", "1", 1) == 0);
	for (unsigned int i = 0; i < CHILDREN; i++) {
		CHECK(run(argv[0], i, line, sizeof(line)) == 0);
		CHECK(strstr(line, "[SS_OS_STATS]"));
	}
	return 0;
}
