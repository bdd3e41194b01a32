/* SPDX-License-Identifier: MIT */
/*
 * list.c - see list.h.
 *
 * Each edit is checked by reading the new text as the loader would: the
 * entries must be those of the old one but for ours.
 */
#define _GNU_SOURCE
#include "list.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OURS		"libhakmem.so"

static bool separates(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == ':';
}

/* ---- reading as the loader does ---- */

/* Overwrites comments with blanks, as far as glibc finds them. */
static void blank_comments(char *text, size_t len)
{
	size_t rest = len;

	while (rest > 0) {
		char *at = memchr(text, '#', rest);

		if (!at)
			return;
		rest -= (size_t)(at - text);
		do
			*at = ' ';
		while (--rest > 0 && *++at != '\n');
	}
}

static void add_entry(struct list *list, size_t at, size_t len)
{
	list->entries = text_resize(list->entries, list->count + 1,
				    sizeof(*list->entries));
	list->entries[list->count].at = at;
	list->entries[list->count].len = len;
	list->count++;
}

/* The entries in text[from, to); a zero byte ends them. */
static void find_entries(struct list *list, const char *text, size_t from,
			 size_t to)
{
	size_t start = from;

	for (size_t i = from; i <= to; i++) {
		bool ends = i == to || !text[i];

		if (!ends && !separates(text[i]))
			continue;
		if (i > start)
			add_entry(list, start, i - start);
		if (ends)
			return;
		start = i + 1;
	}
}

void list_read(struct list *list, const char *text, size_t len)
{
	char *read = text_copy(text, len);
	size_t last = len;	/* of an entry that nothing ends */

	list->text = text_copy(text, len);
	list->len = len;
	list->entries = NULL;
	list->count = 0;
	blank_comments(read, len);
	while (last > 0 && !separates(read[last - 1]))
		last--;
	find_entries(list, read, 0, last);
	find_entries(list, read, last, len);
	free(read);
}

void list_free(struct list *list)
{
	free(list->text);
	free(list->entries);
	list->text = NULL;
	list->entries = NULL;
	list->count = 0;
}

char *list_entry(const struct list *list, size_t i)
{
	return text_copy(list->text + list->entries[i].at,
			 list->entries[i].len);
}

bool list_is_ours(const struct list *list, size_t i)
{
	char *entry = list_entry(list, i);
	bool ours = !strncmp(text_base_name(entry), OURS, strlen(OURS));

	free(entry);
	return ours;
}

size_t list_ours(const struct list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list_is_ours(list, i))
			count++;
	return count;
}

bool list_is_blank(const struct list *list)
{
	for (size_t i = 0; i < list->len; i++)
		if (!separates(list->text[i]) && list->text[i] != '\r')
			return false;
	return true;
}

/* ---- editing ---- */

/* Puts `with` in the place of text[at, at + len), and reads anew. */
static void splice(struct list *list, size_t at, size_t len, const char *with)
{
	size_t more = strlen(with);
	size_t behind = list->len - at - len;
	char *text = text_room(list->len - len + more);

	memcpy(text, list->text, at);
	memcpy(text + at, with, more);
	memcpy(text + at + more, list->text + at + len, behind);
	list_free(list);
	list_read(list, text, at + more + behind);
	free(text);
}

static bool blank(const char *text, size_t from, size_t to)
{
	for (; from < to; from++)
		if (!separates(text[from]) && text[from] != '\r')
			return false;
	return true;
}

/*
 * Takes an entry out: with its line where it is alone there, else with one
 * of the separators beside it.
 */
static void cut(struct list *list, size_t i)
{
	const char *text = list->text;
	size_t at = list->entries[i].at, end = at + list->entries[i].len;
	size_t line = at, next = end;

	while (line > 0 && text[line - 1] != '\n')
		line--;
	while (next < list->len && text[next] != '\n')
		next++;
	if (blank(text, line, at) && blank(text, end, next)) {
		at = line;
		end = next < list->len ? next + 1 : next;
	} else if (at > line && separates(text[at - 1])) {
		at--;
	} else if (end < next && separates(text[end])) {
		end++;
	}
	splice(list, at, end - at, "");
}

/* The next entry that is ours, from `i` on; list->count where none is. */
static size_t next_ours(const struct list *list, size_t i)
{
	while (i < list->count && !list_is_ours(list, i))
		i++;
	return i;
}

static bool same_entry(const struct list *a, size_t i, const struct list *b,
		       size_t j)
{
	return a->entries[i].len == b->entries[j].len &&
		!memcmp(a->text + a->entries[i].at,
			b->text + b->entries[j].at, a->entries[i].len);
}

/* Both have the same entries in the same order, but for ours. */
static bool same_others(const struct list *a, const struct list *b)
{
	size_t i = 0, j = 0;

	for (;; i++, j++) {
		while (i < a->count && list_is_ours(a, i))
			i++;
		while (j < b->count && list_is_ours(b, j))
			j++;
		if (i == a->count || j == b->count)
			return i == a->count && j == b->count;
		if (!same_entry(a, i, b, j))
			return false;
	}
}

static void append(struct list *list, const char *path)
{
	bool open = list->len && list->text[list->len - 1] != '\n';
	char *line = text_format("%s%s\n", open ? "\n" : "", path);

	splice(list, list->len, 0, line);
	free(line);
}

int list_add(struct list *to, const struct list *from, const char *path)
{
	size_t first = next_ours(from, 0), other;
	char *entry;
	bool found;

	list_read(to, from->text, from->len);
	if (first == to->count)
		append(to, path);
	else
		splice(to, to->entries[first].at, to->entries[first].len,
		       path);
	first = next_ours(to, 0);
	while ((other = next_ours(to, first + 1)) < to->count)
		cut(to, other);
	if (first == to->count)
		return -EINVAL;
	entry = list_entry(to, first);
	found = !strcmp(entry, path);
	free(entry);
	return found && same_others(to, from) ? 0 : -EINVAL;
}

/*
 * Where comments are about, a shorter text may have others: then the entries
 * become blanks, which moves nothing.
 */
static void blank_out(struct list *to, const struct list *from)
{
	char *text = text_copy(from->text, from->len);

	for (size_t i = 0; i < from->count; i++)
		if (list_is_ours(from, i))
			memset(text + from->entries[i].at, ' ',
			       from->entries[i].len);
	list_free(to);
	list_read(to, text, from->len);
	free(text);
}

void list_remove(struct list *to, const struct list *from)
{
	size_t i;

	list_read(to, from->text, from->len);
	while ((i = next_ours(to, 0)) < to->count)
		cut(to, i);
	if (!same_others(to, from))
		blank_out(to, from);
}
