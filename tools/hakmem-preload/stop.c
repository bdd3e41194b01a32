/* SPDX-License-Identifier: MIT */
/*
 * stop.c - see stop.h.  The signals stay pending until stop_die() lets the
 * first of them through; what waits looks for them every few milliseconds.
 */
#define _GNU_SOURCE
#include "stop.h"

static const int held[] = { SIGINT, SIGTERM, SIGHUP };

#define HELD	(sizeof(held) / sizeof(held[0]))

void stop_hold(void)
{
	struct sigaction now;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < HELD; i++) {
		/* What the caller ignores, as nohup(1) does, we ignore. */
		if (!sigaction(held[i], NULL, &now) &&
		    now.sa_handler != SIG_IGN)
			sigaddset(&set, held[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* A reader of our output that goes must not end us half way. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

bool stop_asked(void)
{
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < HELD; i++)
		if (sigismember(&pending, held[i]))
			return true;
	return false;
}

void stop_reset(void)
{
	sigset_t none;

	for (size_t i = 0; i < HELD; i++)
		signal(held[i], SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void stop_die(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
