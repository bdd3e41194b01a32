/* SPDX-License-Identifier: MIT */
/*
 * ticker.h - wakes a command at regular moments, for as long as what it
 * watches is there and its user wants it to.
 *
 * The moments are those of one clock, counted from the start, so that the
 * time that the command takes for its work adds up to no delay.  Moments that
 * it was late for are left out.
 */
#ifndef STAT_TICKER_H
#define STAT_TICKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct ticker {
	int timer, signals;	/* descriptors */
	int process;		/* the same; -1: the system has none */
	int output;		/* the same, of who reads; -1: nobody */
	uint64_t interval_ns;
	uint64_t left;		/* how many more; 0: no end */
};

enum tick {
	TICK,			/* the next moment */
	TICK_LAST,		/* there were as many as were wanted */
	TICK_ENDED,		/* the process has ended */
	TICK_STOP,		/* the user has said so, by a signal */
	TICK_NO_READER,		/* who reads what is printed has gone */
};

/*
 * The arguments INTERVAL [COUNT] of `command`, seconds with fractions, into
 * `ticker`, which has the usual ones.  Ends the program where they are wrong.
 */
void ticker_arguments(struct ticker *ticker, const char *command, int argc,
		      char **argv);

/* The same of one interval: from 0.01 to 1000000 seconds, or false. */
bool ticker_seconds(const char *word, uint64_t *ns);

/*
 * From now on, for process `pid` and who reads what is printed on `output`;
 * -1: never mind.  The signals that ask to end arrive in
 * ticker_wait() alone.
 */
void ticker_start(struct ticker *ticker, pid_t pid, int output);

/* The first moment is a whole interval after the start. */
enum tick ticker_wait(struct ticker *ticker);

/*
 * Waits until `fd` takes what is written, PIPE_BUF bytes of it at least, or
 * has an error to tell; false once the user wants to end, which
 * ticker_wait() says, too.
 */
bool ticker_may_write(const struct ticker *ticker, int fd);

void ticker_stop(struct ticker *ticker);

#endif /* STAT_TICKER_H */
