/* SPDX-License-Identifier: MIT */
/*
 * osline.c - see osline.h.
 */
#define _GNU_SOURCE
#include "figures/osline.h"

#include "common/util.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE	'\033'
#define BELL	'\007'

static const struct {
	const char *key;
	const char *meaning;
} known_keys[] = {
	{ "alloc", "steps of 2 MiB taken from the system" },
	{ "free", "steps of 2 MiB given back whole" },
	{ "madvise", "madvise calls" },
	{ "madvise_disabled", "madvise calls that the system refused" },
	{ "mmap_total", "mmap calls" },
	{ "fallback_mmap", "steps that had to be taken elsewhere" },
	{ "huge_alloc", "blocks in a mapping of their own" },
	{ "munmap_total", "munmap calls" },
	{ "mprotect_total", "mprotect calls" },
	{ "mremap_total", "mremap calls" },
	{ "purge_bytes", "given back without unmapping" },
	{ "thp", "for which huge pages were asked" },
	{ "refill", "times a thread's list ran empty" },
	{ "retire", "slabs that became empty" },
	{ "remote", "batches freed by threads that did not own them" },
};

const char *osline_meaning(const char *key)
{
	for (size_t i = 0; i < sizeof(known_keys) / sizeof(known_keys[0]); i++)
		if (!strcmp(known_keys[i].key, key))
			return known_keys[i].meaning;
	return "";
}

bool osline_is_bytes(const char *key)
{
	size_t len = strlen(key);

	return len > 6 && !strcmp(key + len - 6, "_bytes");
}

/* ---- terminal codes ---- */

/* The length of the escape sequence at `text`, 1 at least. */
static size_t escape_length(const char *text, size_t len)
{
	size_t i = 2;

	if (len < 2)
		return 1;
	if (text[1] == '[') {
		/* Parameters, then one byte from '@' to '~'. */
		while (i < len && (text[i] < '@' || text[i] > '~'))
			i++;
		return i < len ? i + 1 : i;
	}
	if (text[1] == ']') {
		/* A title: to BEL or ESC \. */
		while (i < len && text[i] != BELL && text[i] != ESCAPE)
			i++;
		if (i + 1 < len && text[i] == ESCAPE && text[i + 1] == '\\')
			return i + 2;
		return i < len && text[i] == BELL ? i + 1 : i;
	}
	return 2;
}

/* A copy without escape sequences; control characters become blanks. */
static char *without_escapes(const char *text, size_t len)
{
	char *copy = util_resize(NULL, len + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		if (text[i] == ESCAPE) {
			i += escape_length(text + i, len - i);
			continue;
		}
		/* Some terminals take U+0080 to U+009F for codes as well. */
		copy[n++] = text[i] & 0x80 ? '?' :
			iscntrl((unsigned char)text[i]) ? ' ' : text[i];
		i++;
	}
	copy[n] = '\0';
	return copy;
}

/* ---- key=value ---- */

static bool key_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

static void free_value(struct osline_value *value)
{
	free(value->key);
	free(value->text);
}

void oslines_free(struct oslines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		struct osline *line = &lines->items[i];

		for (size_t k = 0; k < line->count; k++)
			free_value(&line->values[k]);
		free(line->values);
	}
	free(lines->items);
	*lines = (struct oslines){ 0 };
}

/* The last of several values for one key counts. */
static void add_value(struct osline *line, struct osline_value *value)
{
	for (size_t i = 0; i < line->count; i++) {
		if (strcmp(line->values[i].key, value->key) != 0)
			continue;
		free_value(&line->values[i]);
		line->values[i] = *value;
		return;
	}
	if (line->count == OSLINE_KEYS_MAX) {
		free_value(value);
		return;
	}
	line->values = util_resize(line->values, line->count + 1,
				   sizeof(line->values[0]));
	line->values[line->count++] = *value;
}

/* Takes "key=value" of `len` bytes into `line`; other words are passed by. */
static void read_word(struct osline *line, const char *word, size_t len)
{
	struct osline_value value = { 0 };
	size_t key = 0;

	while (key < len && key_char(word[key]))
		key++;
	if (key == 0 || key + 1 >= len || word[key] != '=')
		return;
	value.key = util_copy(word, key);
	value.text = util_copy(word + key + 1, len - key - 1);
	value.is_number = util_number(value.text, &value.number);
	add_value(line, &value);
}

/* Logs kept as JSON have the line in quotes, its end as "\\n". */
static bool ends_word(char c)
{
	return strchr(" \\\"',;(){}<>", c) != NULL;
}

static void read_words(struct osline *line, const char *text, const char *end)
{
	while (text < end) {
		const char *word = text;

		while (text < end && !ends_word(*text))
			text++;
		read_word(line, word, (size_t)(text - word));
		while (text < end && ends_word(*text))
			text++;
	}
}

bool osline_read(struct oslines *lines, const char *source,
		 unsigned long number, const char *text, size_t len)
{
	char *copy;
	char *at;
	bool whole = true;

	/* The tag may itself have codes in it, but not without a bracket. */
	if (!memchr(text, '[', len))
		return true;
	copy = without_escapes(text, len);
	at = strstr(copy, OSLINE_TAG);
	while (at) {
		const char *start = at + strlen(OSLINE_TAG);
		char *next = strstr(start, OSLINE_TAG);
		struct osline line = { .source = source, .line = number };

		read_words(&line, start, next ? next : strchr(start, '\0'));
		if (line.count) {
			lines->items = util_resize(lines->items,
						   lines->count + 1,
						   sizeof(line));
			lines->items[lines->count++] = line;
		} else {
			whole = false;
		}
		at = next;
	}
	free(copy);
	return whole;
}

const struct osline_value *osline_find(const struct osline *line,
				       const char *key)
{
	for (size_t i = 0; i < line->count; i++)
		if (!strcmp(line->values[i].key, key))
			return &line->values[i];
	return NULL;
}

/* ---- sums ---- */

/* NULL where there are too many already. */
static struct osline_sum *sum_of(struct osline_sum **sums, size_t *count,
				 const char *key)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp((*sums)[i].key, key))
			return &(*sums)[i];
	if (*count == OSLINE_SUMS_MAX)
		return NULL;
	*sums = util_resize(*sums, *count + 1, sizeof(**sums));
	(*sums)[*count] = (struct osline_sum){ .key = key };
	return &(*sums)[(*count)++];
}

static void add_to_sum(struct osline_sum *sum,
		       const struct osline_value *value)
{
	if (!sum)
		return;
	if (!value->is_number) {
		sum->word = value->text;
		return;
	}
	if (!sum->numbers || value->number < sum->least)
		sum->least = value->number;
	if (!sum->numbers || value->number > sum->most)
		sum->most = value->number;
	/* At the top it stays: a wrong small total would be believed. */
	if (__builtin_add_overflow(sum->total, value->number, &sum->total))
		sum->total = UINT64_MAX;
	sum->numbers++;
}

struct osline_sum *osline_sums(const struct oslines *lines, size_t *count)
{
	struct osline_sum *sums = util_resize(NULL, 1, sizeof(*sums));

	*count = 0;
	for (size_t i = 0; i < lines->count; i++) {
		const struct osline *line = &lines->items[i];

		for (size_t j = 0; j < line->count; j++)
			add_to_sum(sum_of(&sums, count, line->values[j].key),
				   &line->values[j]);
	}
	return sums;
}

uint64_t osline_calls(const struct oslines *lines)
{
	static const char *const kinds[] = {
		"madvise", "mmap_total", "munmap_total", "mprotect_total",
		"mremap_total"
	};
	uint64_t calls = 0;

	for (size_t i = 0; i < lines->count; i++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			const struct osline_value *value =
				osline_find(&lines->items[i], kinds[k]);

			if (value && value->is_number &&
			    __builtin_add_overflow(calls, value->number,
						   &calls))
				calls = UINT64_MAX;
		}
	return calls;
}
