/* SPDX-License-Identifier: MIT */
/*
 * filter.h - picks the [SS_OS_STATS] lines out of a stream of bytes.
 *
 * Everything else comes out as it went in, at once: only a few bytes that may
 * be the start of a line are ever held back.  A line goes from its tag to
 * the next newline; text in front of it, which a program left without one,
 * stays.
 */
#ifndef STAT_FILTER_H
#define STAT_FILTER_H

#include "figures/osline.h"

struct filter {
	struct oslines *lines;	/* what has been picked out */
	const char *source;	/* the name that these get */
	size_t matched;		/* bytes of the tag seen so far, held back */
	char *line;		/* the line that is being read, from its tag */
	size_t len;
	size_t room;
};

/* Called with what comes out. */
typedef void filter_out(void *arg, const char *bytes, size_t len);

void filter_put(struct filter *filter, const char *bytes, size_t len,
		filter_out *out, void *arg);

/* Whether bytes are held back that may be no tag after all. */
bool filter_holds(const struct filter *filter);

/* Lets them out: no more came for a while. */
void filter_release(struct filter *filter, filter_out *out, void *arg);

/* The end of the stream: a line without its newline counts. */
void filter_end(struct filter *filter, filter_out *out, void *arg);

#endif /* STAT_FILTER_H */
