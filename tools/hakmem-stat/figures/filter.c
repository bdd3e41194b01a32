/* SPDX-License-Identifier: MIT */
/*
 * filter.c - see filter.h.
 *
 * The first byte of the tag occurs in it only once, so a match that fails
 * can only start again at the byte at which it failed.
 */
#include "figures/filter.h"

#include "common/util.h"

#include <stdlib.h>
#include <string.h>

static const char tag[] = OSLINE_TAG;
#define TAG_LEN	(sizeof(tag) - 1)

/* No line of the library is nearly as long: what is, is let out again. */
#define LINE_MAX_LEN	((size_t)4096)

static void keep(struct filter *filter, const char *bytes, size_t len)
{
	if (filter->len + len > filter->room) {
		filter->room = 2 * (filter->len + len);
		filter->line = util_resize(filter->line, filter->room, 1);
	}
	memcpy(filter->line + filter->len, bytes, len);
	filter->len += len;
}

/* What only looks like a line is let out; the newline is its last byte. */
static void line_ends(struct filter *filter, filter_out *out, void *arg,
		      bool newline)
{
	if (!osline_read(filter->lines, filter->source,
			 filter->lines->count + 1, filter->line,
			 filter->len)) {
		out(arg, filter->line, filter->len);
		if (newline)
			out(arg, "\n", 1);
	}
	filter->len = 0;
}

/* In a line: takes its bytes; returns how many. */
static size_t put_line(struct filter *filter, const char *bytes, size_t len,
		       filter_out *out, void *arg)
{
	const char *newline = memchr(bytes, '\n', len);
	size_t n = newline ? (size_t)(newline - bytes) : len;

	keep(filter, bytes, n);
	if (newline) {
		line_ends(filter, out, arg, true);
		return n + 1;
	}
	if (filter->len > LINE_MAX_LEN) {
		out(arg, filter->line, filter->len);
		filter->len = 0;
	}
	return n;
}

/* Outside one: passes bytes on up to a tag; returns how many. */
static size_t put_text(struct filter *filter, const char *bytes, size_t len,
		       filter_out *out, void *arg)
{
	const char *start = memchr(bytes, tag[0], len);
	size_t n = start ? (size_t)(start - bytes) : len;

	if (n)
		out(arg, bytes, n);
	if (!start)
		return n;
	filter->matched = 1;
	return n + 1;
}

void filter_release(struct filter *filter, filter_out *out, void *arg)
{
	if (filter->matched)
		out(arg, tag, filter->matched);
	filter->matched = 0;
}

void filter_put(struct filter *filter, const char *bytes, size_t len,
		filter_out *out, void *arg)
{
	size_t i = 0;

	while (i < len) {
		if (filter->len) {
			i += put_line(filter, bytes + i, len - i, out, arg);
		} else if (!filter->matched) {
			i += put_text(filter, bytes + i, len - i, out, arg);
		} else if (bytes[i] != tag[filter->matched]) {
			filter_release(filter, out, arg);
		} else {
			filter->matched++;
			i++;
			if (filter->matched == TAG_LEN) {
				filter->matched = 0;
				keep(filter, tag, TAG_LEN);
			}
		}
	}
}

bool filter_holds(const struct filter *filter)
{
	return filter->matched > 0;
}

void filter_end(struct filter *filter, filter_out *out, void *arg)
{
	filter_release(filter, out, arg);
	if (filter->len)
		line_ends(filter, out, arg, false);
	free(filter->line);
	filter->line = NULL;
	filter->room = 0;
}
