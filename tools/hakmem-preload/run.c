/* SPDX-License-Identifier: MIT */
/*
 * run.c - see run.h.
 *
 * The program gets a process group of its own, which is killed where it does
 * not end, and is killed by the kernel where we are.
 */
#define _GNU_SOURCE
#include "run.h"

#include "say.h"
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS	20000
#define STEP_MS		5

enum { IN, OUT, ERR, TOLD, CHANNELS };

struct running {
	pid_t pid;
	int fd[CHANNELS];		/* our ends; -1: closed */
	size_t len[CHANNELS];		/* of what was kept */
};

/* ---- the new process ---- */

static void become_user(uid_t uid)
{
	if (!uid)
		return;
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		return;
	errno = 0;
}

static void become(const struct run *run, const int ends[CHANNELS][2])
{
	char *preload = run->preload ?
		text_format("LD_PRELOAD=%s", run->preload) : NULL;
	char *const environment[] = {
		text_format("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
		text_format("LC_ALL=C"), preload, NULL
	};
	int error;

	setpgid(0, 0);
	stop_reset();
	if (dup2(ends[IN][0], STDIN_FILENO) >= 0 &&
	    dup2(ends[OUT][1], STDOUT_FILENO) >= 0 &&
	    dup2(ends[ERR][1], STDERR_FILENO) >= 0 && !chdir("/")) {
		errno = 0;
		become_user(run->uid);
		/* A change of user would take it back. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!errno)
			execve(run->argv[0], (char *const *)run->argv,
			       environment);
	}
	error = errno;
	if (write(ends[TOLD][1], &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Descriptors 0 to 2 are open in us: main() sees to it. */
static bool start(struct run *run, struct running *r)
{
	int ends[CHANNELS][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 },
				  { -1, -1 } };
	bool fine = true;

	for (int i = 0; i < CHANNELS; i++)
		fine = fine && !pipe2(ends[i], O_CLOEXEC);
	r->pid = fine ? fork() : -1;
	if (r->pid == 0)
		become(run, ends);
	if (r->pid < 0)
		run->start_error = errno;
	for (int i = 0; i < CHANNELS; i++) {
		r->len[i] = 0;
		r->fd[i] = ends[i][i != IN ? 0 : 1];
		close_end(&ends[i][i != IN ? 1 : 0]);
	}
	return r->pid > 0;
}

/* ---- while it runs ---- */

/* Reads what there is; keeps the first part, as a string. */
static void take(struct running *r, int channel, char *text, size_t room)
{
	char dropped[512];
	size_t *len = &r->len[channel];
	bool keep = room > *len + 1;
	ssize_t n = read(r->fd[channel], keep ? text + *len : dropped,
			 keep ? room - *len - 1 : sizeof(dropped));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0)
		close_end(&r->fd[channel]);
	else if (keep)
		*len += (size_t)n;
	text[*len] = '\0';
}

static void read_channels(struct run *run, struct running *r)
{
	struct pollfd fds[] = {
		{ .fd = r->fd[OUT], .events = POLLIN },
		{ .fd = r->fd[ERR], .events = POLLIN },
	};

	if (poll(fds, 2, STEP_MS) <= 0)
		return;
	if (fds[0].revents)
		take(r, OUT, run->out, sizeof(run->out));
	if (fds[1].revents)
		take(r, ERR, run->err, sizeof(run->err));
}

/* It is looked at when it has printed its line; then it may go on. */
static void look(struct run *run, struct running *r)
{
	if (r->fd[IN] < 0)
		return;
	if (run->look && !strchr(run->out, '\n'))
		return;
	if (run->look)
		run->look(run->arg, r->pid);
	close_end(&r->fd[IN]);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until it has ended, and, for a moment more, nobody has its output open. */
static void wait_for(struct run *run, struct running *r)
{
	long long limit = now_ms() + LIMIT_MS;
	bool ended = false;

	while (!ended || r->fd[OUT] >= 0 || r->fd[ERR] >= 0) {
		read_channels(run, r);
		look(run, r);
		if (!ended && waitpid(r->pid, &run->status, WNOHANG) > 0) {
			ended = true;
			limit = now_ms() + 500;
		}
		run->stopped = run->stopped || stop_asked();
		if (!run->stopped && now_ms() < limit)
			continue;
		kill(-r->pid, SIGKILL);
		if (!ended) {
			run->timed_out = !run->stopped;
			waitpid(r->pid, &run->status, 0);
		}
		return;
	}
}

void run_program(struct run *run)
{
	struct running r;
	int error = 0;

	run->start_error = run->status = 0;
	run->timed_out = run->stopped = false;
	run->out[0] = run->err[0] = '\0';
	if (start(run, &r)) {
		/* Ends with nothing read once the program is executed. */
		if (read(r.fd[TOLD], &error, sizeof(error)) == sizeof(error))
			run->start_error = error;
		wait_for(run, &r);
	}
	for (int i = 0; i < CHANNELS; i++)
		close_end(&r.fd[i]);
}

/* ---- what came of it ---- */

bool run_was_fine(const struct run *run)
{
	return !run->start_error && !run->timed_out && !run->stopped &&
		WIFEXITED(run->status) && !WEXITSTATUS(run->status) &&
		!run->err[0];
}

char *run_trouble(const struct run *run)
{
	int line = (int)strcspn(run->err, "\n");
	const char *said = line ? ", and prints: " : "";

	if (run->start_error)
		return text_format("cannot be started: %s",
				   strerror(run->start_error));
	if (run->timed_out)
		return text_format("does not end%s%.*s", said, line,
				   run->err);
	if (WIFSIGNALED(run->status))
		return text_format("is ended by signal %d (%s)%s%.*s",
				   WTERMSIG(run->status),
				   strsignal(WTERMSIG(run->status)), said,
				   line, run->err);
	if (WEXITSTATUS(run->status))
		return text_format("exits with %d%s%.*s",
				   WEXITSTATUS(run->status), said, line,
				   run->err);
	return text_format("prints: %.*s", line, run->err);
}
