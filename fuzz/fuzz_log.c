/* SPDX-License-Identifier: MIT */
/*
 * fuzz_log.c - a fuzz target for hakmem-stat: a log in which there may be
 * lines of statistics, of any process, cut off or with anything in them.
 *
 * An input is the text of a log.  Whatever it is,
 *
 *   - what is read stays within the line, which a sanitizer sees;
 *   - keys are words, once in a line, and no value has what may reach a
 *     terminal as a code;
 *   - the sums have every key, and add up;
 *   - the figures of a line, written as a line, are read as the same.
 *
 * Built from fuzz_log.c, fuzz_common.c and files of tools/hakmem-stat.
 */
#define FUZZ_RUNS	1000	/* nothing is left from one to the next */

#include "fuzz_common.h"

#include "common/util.h"
#include "figures/osline.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void check_value(const struct osline *line,
			const struct osline_value *value)
{
	char *number;

	if (!*value->key || !*value->text)
		fuzz_fail("line %lu has an empty key or value", line->line);
	for (const char *c = value->key; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.-", *c))
			fuzz_fail("a key has byte %d", (unsigned char)*c);
	for (const char *c = value->text; *c; c++)
		if (iscntrl((unsigned char)*c) || *c == ' ')
			fuzz_fail("a value has byte %d", (unsigned char)*c);
	if (osline_find(line, value->key) != value)
		fuzz_fail("line %lu has %s twice", line->line, value->key);
	if (!value->is_number)
		return;
	number = util_format("%llu", (unsigned long long)value->number);
	if (strcmp(number, value->text + strspn(value->text, "0")) != 0 &&
	    value->number)
		fuzz_fail("%s is read as %s", value->text, number);
	free(number);
}

static void check_line(const struct osline *line)
{
	char *text = util_copy(OSLINE_TAG, strlen(OSLINE_TAG));
	struct oslines again = { 0 };

	for (size_t i = 0; i < line->count; i++) {
		const struct osline_value *value = &line->values[i];
		char *longer;

		check_value(line, value);
		longer = util_format("%s %s=%s", text, value->key,
				     value->text);
		free(text);
		text = longer;
	}
	if (!osline_read(&again, "again", 1, text, strlen(text)) ||
	    again.count != 1 || again.items[0].count != line->count)
		fuzz_fail("line %lu cannot be read again", line->line);
	for (size_t i = 0; i < line->count; i++)
		if (strcmp(again.items[0].values[i].key, line->values[i].key) ||
		    strcmp(again.items[0].values[i].text,
			   line->values[i].text))
			fuzz_fail("line %lu is read as another one",
				  line->line);
	oslines_free(&again);
	free(text);
}

/* Each sum is that of the lines that have its key. */
static void check_sums(const struct oslines *lines)
{
	size_t count, values = 0, summed = 0;
	struct osline_sum *sums = osline_sums(lines, &count);

	for (size_t i = 0; i < lines->count; i++)
		values += lines->items[i].count;
	for (size_t i = 0; i < count; i++) {
		uint64_t total = 0;

		for (size_t k = 0; k < lines->count; k++) {
			const struct osline_value *value =
				osline_find(&lines->items[k], sums[i].key);

			if (!value)
				continue;
			summed++;
			if (value->is_number && __builtin_add_overflow(total,
						value->number, &total))
				total = UINT64_MAX;
		}
		if (total != sums[i].total || sums[i].least > sums[i].most)
			fuzz_fail("the sum of %s is wrong", sums[i].key);
	}
	if (summed != values && count < OSLINE_SUMS_MAX)
		fuzz_fail("%zu values, %zu in the sums", values, summed);
	free(sums);
}

static void fuzz_log(const uint8_t *data, size_t len)
{
	struct oslines lines = { 0 };
	unsigned long number = 0;

	for (size_t at = 0; at < len;) {
		const uint8_t *end = memchr(data + at, '\n', len - at);
		size_t n = end ? (size_t)(end - data) - at : len - at;
		/* A copy of just its size: a sanitizer sees reads beyond. */
		char *text = util_resize(NULL, n, 1);

		memcpy(text, data + at, n);
		osline_read(&lines, "log", ++number, text, n);
		free(text);
		at += n + 1;
	}
	for (size_t i = 0; i < lines.count; i++)
		check_line(&lines.items[i]);
	check_sums(&lines);
	oslines_free(&lines);
}

FUZZ_MAIN(fuzz_log)
