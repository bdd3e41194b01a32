/* SPDX-License-Identifier: MIT */
/*
 * readings.c - see readings.h.
 */
#define _GNU_SOURCE
#include "figures/readings.h"

#include "common/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Many times what a line of ours has; the rest of a longer one is left out. */
#define LINE_MOST	((ssize_t)16 << 20)

/* A file that is being read, line by line. */
struct source {
	FILE *in;
	const char *name;
	unsigned long number;	/* of the line, from 1 on */
	char *text;
	size_t room;
	ssize_t len;
};

static void append(struct source *s, char c)
{
	/* And one for the zero byte behind it. */
	if ((size_t)s->len + 1 >= s->room) {
		s->room = s->room ? 2 * s->room : 4096;
		s->text = util_resize(s->text, s->room, 1);
	}
	s->text[s->len++] = c;
	s->text[s->len] = '\0';
}

/* As getline(3), but of a file without lines not all of it. */
static bool next_line(struct source *s)
{
	int c;

	errno = 0;
	s->len = 0;
	while ((c = getc_unlocked(s->in)) != EOF) {
		if (s->len < LINE_MOST || c == '\n')
			append(s, (char)c);
		if (c == '\n')
			break;
	}
	s->number += s->len > 0;
	if (!s->len)
		s->len = -1;
	return s->len > 0;
}

/* ---- a log ---- */

/* From the line on that was read. */
static void read_log(struct oslines *lines, struct source *s)
{
	size_t before = lines->count;

	while (s->len >= 0) {
		if (!osline_read(lines, s->name, s->number, s->text,
				 (size_t)s->len))
			util_say("%s:%lu: nothing to read behind " OSLINE_TAG,
				 s->name, s->number);
		next_line(s);
	}
	if (!ferror(s->in) && lines->count == before)
		util_say("%s: no " OSLINE_TAG " line, and no recording",
			 s->name);
}

/* ---- a recording ---- */

/* Only the last line has no newline: the recording was cut off there. */
static void tell_broken(const struct source *s, size_t column)
{
	if (s->text[s->len - 1] != '\n')
		util_say("%s:%lu: the last line is not whole, and is left out",
			 s->name, s->number);
	else
		util_say("%s:%lu: column %zu: no sample and no map; the line "
			 "is left out", s->name, s->number, column);
}

static void read_rest(struct recording *recording, struct source *s)
{
	size_t broken = 0, column;

	while (next_line(s))
		if (recording_take(recording, s->text, (size_t)s->len,
				   &column) != RECORDING_TAKEN && !broken++)
			tell_broken(s, column);
	if (broken > 1)
		util_say("%s: so are %zu more lines", s->name, broken - 1);
	if (!recording->samples)
		util_say("%s: a recording without a sample", s->name);
}

static void add(struct readings *readings, struct recording *recording)
{
	if (!recording->samples) {
		recording_free(recording);
		return;
	}
	readings->recordings = util_resize(readings->recordings,
					   readings->count + 1,
					   sizeof(*recording));
	readings->recordings[readings->count++] = *recording;
}

/* ---- a file ---- */

/* Returns false where it is of a later kind. */
static bool read_source(struct readings *readings, struct source *s)
{
	struct recording recording = { .source = s->name };
	enum recording_line first = RECORDING_NONE;
	size_t column;

	if (next_line(s))
		first = recording_take(&recording, s->text, (size_t)s->len,
				       &column);
	if (first == RECORDING_LATER) {
		util_say("%s: a recording of a later kind: a newer "
			 "hakmem-stat is needed", s->name);
		return false;
	}
	if (first == RECORDING_NONE) {
		read_log(&readings->lines, s);
		return true;
	}
	read_rest(&recording, s);
	add(readings, &recording);
	return true;
}

const char *readings_name(const char *name)
{
	return strcmp(name, "-") ? name : "standard input";
}

bool readings_add(struct readings *readings, const char *name)
{
	struct source s = {
		.name = readings_name(name),
		.in = strcmp(name, "-") ? fopen(name, "re") : stdin,
	};
	bool ok;

	if (!s.in) {
		util_say("%s: %s", s.name, strerror(errno));
		return false;
	}
	ok = read_source(readings, &s);
	if (ferror(s.in)) {
		util_say("%s: %s", s.name,
			 errno ? strerror(errno) : "read error");
		ok = false;
	}
	free(s.text);
	if (s.in != stdin)
		fclose(s.in);
	return ok;
}

bool readings_are_none(const struct readings *readings)
{
	return !readings->lines.count && !readings->count;
}

void readings_free(struct readings *readings)
{
	oslines_free(&readings->lines);
	for (size_t i = 0; i < readings->count; i++)
		recording_free(&readings->recordings[i]);
	free(readings->recordings);
	*readings = (struct readings){ 0 };
}
