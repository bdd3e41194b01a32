/* SPDX-License-Identifier: MIT */
/*
 * ticker.c - see ticker.h: a timer, the signals and the process, each as a
 * descriptor to wait for.
 */
#define _GNU_SOURCE
#include "common/ticker.h"

#include "common/util.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SECOND_NS	((uint64_t)1000000000)
#define INTERVAL_LEAST	(SECOND_NS / 100)
#define INTERVAL_MOST	(SECOND_NS * 1000000)
#define COUNT_MOST	((uint64_t)1000000000)

/* ---- the arguments ---- */

/* "1", "0.1", "2.5": digits with one point at most. */
bool ticker_seconds(const char *word, uint64_t *ns)
{
	size_t whole = strspn(word, "0123456789");
	size_t more = word[whole] == '.' ?
		strspn(word + whole + 1, "0123456789") + 1 : 0;
	double seconds;

	if (whole + more != strlen(word) || whole + more == 0 || more == 1 ||
	    whole > 9)
		return false;
	seconds = strtod(word, NULL);
	*ns = (uint64_t)(seconds * (double)SECOND_NS + 0.5);
	return *ns >= INTERVAL_LEAST && *ns <= INTERVAL_MOST;
}

static bool read_count(const char *word, uint64_t *count)
{
	char *end;

	*count = strtoull(word, &end, 10);
	return *word >= '0' && *word <= '9' && !*end && *count &&
		*count <= COUNT_MOST;
}

void ticker_arguments(struct ticker *ticker, const char *command, int argc,
		      char **argv)
{
	if (argc > 2)
		util_die(STATUS_USAGE, "%s: '%s': nothing comes behind "
			 "INTERVAL and COUNT", command, argv[2]);
	if (argc > 0 && !ticker_seconds(argv[0], &ticker->interval_ns))
		util_die(STATUS_USAGE, "%s: '%s' is no interval: seconds, "
			 "from 0.01 to 1000000", command, argv[0]);
	if (argc > 1 && !read_count(argv[1], &ticker->left))
		util_die(STATUS_USAGE, "%s: '%s' is no count: from 1 to "
			 "%" PRIu64, command, argv[1], COUNT_MOST);
}

/* ---- waiting ---- */

static int must_open(int fd, const char *what)
{
	if (fd < 0)
		util_die(STATUS_UNREADABLE, "%s: %s", what, strerror(errno));
	return fd;
}

static int open_timer(uint64_t interval_ns)
{
	int fd = must_open(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC),
			   "timerfd_create");
	struct timespec interval = {
		.tv_sec = (time_t)(interval_ns / SECOND_NS),
		.tv_nsec = (long)(interval_ns % SECOND_NS),
	};
	struct itimerspec every = {
		.it_interval = interval, .it_value = interval
	};

	must_open(timerfd_settime(fd, 0, &every, NULL), "timerfd_settime");
	return fd;
}

/* A blocked signal arrives although it is ignored, as under nohup: leave it. */
static void add_signal(sigset_t *set, int number)
{
	struct sigaction now;

	if (!sigaction(number, NULL, &now) && now.sa_handler != SIG_IGN)
		sigaddset(set, number);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	add_signal(&set, SIGINT);
	add_signal(&set, SIGTERM);
	add_signal(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return must_open(signalfd(-1, &set, SFD_CLOEXEC), "signalfd");
}

void ticker_start(struct ticker *ticker, pid_t pid, int output)
{
	ticker->output = output;
	ticker->signals = open_signals();
	ticker->timer = open_timer(ticker->interval_ns);
	/* Linux 5.3; without it the next sample tells. */
	ticker->process = (int)syscall(SYS_pidfd_open, pid, 0);
}

/* All that has come since are one. */
static bool has_ticked(const struct ticker *ticker)
{
	uint64_t times;

	return read(ticker->timer, &times, sizeof(times)) ==
		(ssize_t)sizeof(times);
}

enum tick ticker_wait(struct ticker *ticker)
{
	struct pollfd fds[] = {
		{ .fd = ticker->signals, .events = POLLIN },
		{ .fd = ticker->process, .events = POLLIN },
		{ .fd = ticker->output }, /* POLLERR, which is always told */
		{ .fd = ticker->timer, .events = POLLIN },
	};

	if (ticker->left && --ticker->left == 0)
		return TICK_LAST;
	for (;;) {
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
			continue;
		if (fds[0].revents)
			return TICK_STOP;
		if (fds[1].revents & POLLIN)
			return TICK_ENDED;
		if (fds[2].revents & POLLERR)
			return TICK_NO_READER;
		if (fds[3].revents && has_ticked(ticker))
			return TICK;
		/* It may be closed. */
		if (fds[2].revents)
			fds[2].fd = -1;
	}
}

bool ticker_may_write(const struct ticker *ticker, int fd)
{
	struct pollfd fds[] = {
		{ .fd = ticker->signals, .events = POLLIN },
		{ .fd = fd, .events = POLLOUT },
	};

	do {
		if (poll(fds, 2, -1) < 0)
			fds[0].revents = fds[1].revents = 0;
	} while (!fds[0].revents && !fds[1].revents);
	return fds[1].revents;
}

void ticker_stop(struct ticker *ticker)
{
	close(ticker->timer);
	close(ticker->signals);
	if (ticker->process >= 0)
		close(ticker->process);
}
