/* SPDX-License-Identifier: MIT */
/*
 * recording.c - see recording.h.
 */
#define _GNU_SOURCE
#include "figures/recording.h"

#include "common/scan.h"
#include "common/util.h"
#include "process/proc.h"

#include <hakmem.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA		1

/* More than any line of ours has. */
#define FIGURES_MAX	2048u

/* Values of all samples: two gigabytes. */
#define VALUES_MAX	((size_t)1 << 28)

/* More than a chart has dots: of longer recordings every second one goes. */
#define MOMENTS_MAX	4096u

/* ---- writing ---- */

char *recording_head(const struct sampler *sampler, uint64_t interval_ns,
		     const struct sample *first)
{
	const char *between = "";
	struct util_text text;
	FILE *out;

	util_text_open(&text);
	out = text.out;
	fprintf(out, "{\"schema\":%d,\"kind\":\"recording\",\"version\":\""
		HAKMEM_VERSION_STRING "\",\"pid\":%ld,\"command\":", SCHEMA,
		(long)sampler->pid);
	util_put_json(out, sampler->command);
	fprintf(out, ",\"abi\":%" PRIu32 ",\"start_ns\":%" PRIu64
		",\"interval_ns\":%" PRIu64 ",\"counters\":[", sampler->abi,
		sampler->start_ns, interval_ns);
	for (size_t i = 0; i < first->figures.count; i++) {
		if (!first->figures.items[i].is_counter)
			continue;
		fputs(between, out);
		util_put_json(out, first->figures.items[i].name);
		between = ",";
	}
	fputs("]}\n", out);
	util_text_close(&text);
	return text.bytes;
}

char *recording_line(const struct sample *first, const struct sample *sample)
{
	struct util_text text;
	FILE *out;

	util_text_open(&text);
	out = text.out;
	fprintf(out, "{\"time_ns\":%" PRIu64 ",\"elapsed_ns\":%" PRIu64,
		sample->time_ns, sample->clock_ns - first->clock_ns);
	for (size_t i = 0; i < sample->figures.count; i++) {
		fputc(',', out);
		util_put_json(out, sample->figures.items[i].name);
		fprintf(out, ":%" PRIu64, sample->figures.items[i].value);
	}
	fputs("}\n", out);
	util_text_close(&text);
	return text.bytes;
}

/* ---- a line, read ---- */

struct line {
	bool is_head;		/* of a recording */
	bool is_page;		/* what -p --json prints */
	bool is_moment;
	bool has_time, has_elapsed;
	uint64_t schema, pid, start_ns, time_ns, elapsed_ns;
	char *command;
	struct figures figures;
	struct figures counters; /* the names alone count */
};

static void take_figure(struct figures *figures, const char *name,
			uint64_t number)
{
	struct figure *last = figures->count ?
		&figures->items[figures->count - 1] : NULL;

	if (!figures_have(name) || figures->count == FIGURES_MAX)
		return;
	/* Elements of an array are behind each other. */
	if (last && !strcmp(last->name, name))
		last->value += number;
	else
		figures_add(figures, name, false, number);
}

static void take_text(struct line *line, const char *name, const char *text)
{
	if (!strcmp(name, "kind")) {
		line->is_head = !strcmp(text, "recording");
		line->is_moment = !strcmp(text, MOMENT_KIND);
	} else if (!strcmp(name, "command")) {
		free(line->command);
		line->command = proc_printable(util_copy(text, strlen(text)));
	} else if (!strcmp(name, "counters")) {
		take_figure(&line->counters, text, 0);
	}
}

static void take_number(struct line *line, const char *name, uint64_t number)
{
	const struct {
		const char *name;
		uint64_t *to;
	} known[] = {
		{ "schema", &line->schema },
		{ "pid", &line->pid },
		{ "start_ns", &line->start_ns },
		{ "time_ns", &line->time_ns },
		{ "elapsed_ns", &line->elapsed_ns },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(name, known[i].name) != 0)
			continue;
		*known[i].to = number;
		line->has_time |= known[i].to == &line->time_ns;
		line->has_elapsed |= known[i].to == &line->elapsed_ns;
		return;
	}
	take_figure(&line->figures, name, number);
}

static void take_leaf(void *arg, const struct scan_leaf *leaf)
{
	struct line *line = arg;
	bool is_value = !strcmp(leaf->within, "values");
	uint64_t number;

	if (*leaf->within && !is_value)
		return;
	line->is_page |= is_value;
	if (leaf->is_string && !is_value)
		take_text(line, leaf->name, leaf->text);
	else if (!leaf->is_string && util_number(leaf->text, &number))
		take_number(line, leaf->name, number);
}

static void free_line(struct line *line)
{
	free(line->command);
	figures_free(&line->figures);
	figures_free(&line->counters);
}

/* ---- the recording ---- */

static struct series *series_of(struct recording *recording, size_t hint,
				const char *name)
{
	struct series *series = recording->series;

	/* Lines have the same figures in the same order. */
	if (hint < recording->count && !strcmp(series[hint].name, name))
		return &series[hint];
	for (size_t i = 0; i < recording->count; i++)
		if (!strcmp(series[i].name, name))
			return &series[i];
	if (recording->count == FIGURES_MAX ||
	    recording->room > VALUES_MAX / (recording->count + 1))
		return NULL;
	series = util_resize(series, recording->count + 1, sizeof(*series));
	recording->series = series;
	series += recording->count++;
	*series = (struct series){
		.name = util_copy(name, strlen(name)),
		.is_counter = figures_find(&recording->counters, name),
	};
	series->values = util_resize(NULL, recording->room, sizeof(uint64_t));
	for (size_t i = 0; i < recording->samples; i++)
		series->values[i] = SERIES_NONE;
	return series;
}

static void make_room(struct recording *r)
{
	size_t room = r->room ? 2 * r->room : 64;

	if (r->samples < r->room)
		return;
	r->time_ns = util_resize(r->time_ns, room, sizeof(*r->time_ns));
	r->elapsed_ns = util_resize(r->elapsed_ns, room,
				    sizeof(*r->elapsed_ns));
	for (size_t i = 0; i < r->count; i++)
		r->series[i].values = util_resize(r->series[i].values, room,
						  sizeof(uint64_t));
	r->room = room;
}

/* Clocks that tell the time may be set back, and time itself does not go. */
static uint64_t elapsed(const struct recording *r, const struct line *line)
{
	uint64_t before = r->samples ? r->elapsed_ns[r->samples - 1] : 0;
	uint64_t since = util_less(line->time_ns, r->time_ns[0]);

	if (line->has_elapsed)
		return line->elapsed_ns;
	return since > before ? since : before;
}

static void take_sample(struct recording *r, const struct line *line)
{
	size_t n = r->samples;

	make_room(r);
	for (size_t i = 0; i < r->count; i++)
		r->series[i].values[n] = SERIES_NONE;
	r->time_ns[n] = line->time_ns;
	r->elapsed_ns[n] = elapsed(r, line);
	for (size_t i = 0; i < line->figures.count; i++) {
		const struct figure *figure = &line->figures.items[i];
		struct series *series = series_of(r, i, figure->name);

		if (series)
			series->values[n] = figure->value;
	}
	r->samples++;
}

/* Maps are long, and the last one is what people look at. */
static bool take_moment(struct recording *r, const char *text)
{
	size_t n = r->moment_count;
	struct moment moment;

	if (!moment_read(&moment, text))
		return false;
	if (n && moment.elapsed_ns < r->moments[n - 1].elapsed_ns) {
		moment_free(&moment);
		return false;
	}
	if (n) {
		free(r->moments[n - 1].map);
		r->moments[n - 1].map = NULL;
	}
	if (n == MOMENTS_MAX) {
		for (n = 0; n < MOMENTS_MAX / 2; n++)
			r->moments[n] = r->moments[2 * n];
		r->moment_count = n;
	}
	r->moments = util_resize(r->moments, n + 1, sizeof(moment));
	r->moments[n] = moment;
	r->moment_count++;
	return true;
}

/* It has the names of the counters from then on. */
static void take_head(struct recording *r, struct line *line)
{
	make_room(r);
	r->pid = line->pid;
	r->start_ns = line->start_ns;
	r->command = util_format("%s", line->command ? line->command : "");
	r->counters = line->counters;
	line->counters = (struct figures){ 0 };
}

static enum recording_line use(struct recording *r, struct line *line,
			       const char *text, bool first)
{
	if (first && !line->is_head && !line->is_page)
		return RECORDING_NONE;
	if (first && line->schema != SCHEMA)
		return line->schema > SCHEMA ? RECORDING_LATER :
			RECORDING_NONE;
	if (first)
		take_head(r, line);
	if (line->is_head)
		return first ? RECORDING_TAKEN : RECORDING_BROKEN;
	if (line->is_moment)
		return take_moment(r, text) ? RECORDING_TAKEN :
			RECORDING_BROKEN;
	if (r->samples == r->room && 2 * r->room > VALUES_MAX / (r->count + 2))
		return RECORDING_BROKEN;
	if (!line->figures.count || (!line->has_time && !line->is_page) ||
	    (line->has_elapsed && r->samples &&
	     line->elapsed_ns < r->elapsed_ns[r->samples - 1]))
		return RECORDING_BROKEN;
	take_sample(r, line);
	return RECORDING_TAKEN;
}

enum recording_line recording_take(struct recording *recording,
				   const char *line, size_t len,
				   size_t *column)
{
	bool first = !recording->command;
	struct line read = { 0 };
	enum recording_line taken;

	*column = scan_object(line, take_leaf, &read);
	/* It ends at a zero byte. */
	if (!*column && strlen(line) != len)
		*column = strlen(line) + 1;
	if (*column) {
		taken = first ? RECORDING_NONE : RECORDING_BROKEN;
	} else {
		*column = 1;
		taken = use(recording, &read, line, first);
	}
	free_line(&read);
	return taken;
}

/* ---- what it tells ---- */

const struct series *recording_find(const struct recording *recording,
				    const char *name)
{
	for (size_t i = 0; i < recording->count; i++)
		if (!strcmp(recording->series[i].name, name))
			return &recording->series[i];
	return NULL;
}

uint64_t series_first(const struct recording *recording,
		      const struct series *series)
{
	for (size_t i = 0; i < recording->samples; i++)
		if (series->values[i] != SERIES_NONE)
			return series->values[i];
	return SERIES_NONE;
}

uint64_t series_last(const struct recording *recording,
		     const struct series *series)
{
	for (size_t i = recording->samples; i > 0; i--)
		if (series->values[i - 1] != SERIES_NONE)
			return series->values[i - 1];
	return SERIES_NONE;
}

double recording_since(const struct recording *r, uint64_t elapsed_ns)
{
	return (double)util_less(elapsed_ns, r->elapsed_ns[0]) / 1e9;
}

double recording_seconds(const struct recording *r)
{
	if (r->samples > 1)
		return recording_since(r, r->elapsed_ns[r->samples - 1]);
	if (r->samples && r->start_ns)
		return (double)util_less(r->time_ns[0], r->start_ns) / 1e9;
	return 0;
}

bool recording_rise(const struct recording *recording,
		    const struct series *series, uint64_t *rise)
{
	uint64_t last = series_last(recording, series);

	*rise = recording->samples > 1 ?
		util_less(last, series_first(recording, series)) : last;
	return last != SERIES_NONE && recording_seconds(recording) > 0;
}

void recording_free(struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++) {
		free(recording->series[i].name);
		free(recording->series[i].values);
	}
	for (size_t i = 0; i < recording->moment_count; i++)
		moment_free(&recording->moments[i]);
	free(recording->moments);
	free(recording->series);
	free(recording->time_ns);
	free(recording->elapsed_ns);
	free(recording->command);
	figures_free(&recording->counters);
	*recording = (struct recording){ .source = recording->source };
}
