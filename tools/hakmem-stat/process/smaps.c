/* SPDX-License-Identifier: MIT */
/*
 * smaps.c - see smaps.h, and proc_pid_smaps(5) for the text: for each mapping
 *
 *     7f12c0000000-7f12c0021000 r-xp 00001000 08:01 131      /usr/lib/x.so
 *     Size:                132 kB
 *     Rss:                  64 kB
 *     ...
 *     LazyFree:              0 kB
 */
#define _GNU_SOURCE
#include "process/smaps.h"

#include "common/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Past `n` words and the blanks behind each. */
static const char *skip(const char *text, int n)
{
	while (n--) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return text;
}

/* A number that ends in `end`; advances *text past that. */
static bool number(const char **text, int base, char end, uint64_t *n)
{
	char *stop;

	/* Neither a sign nor blanks, which strtoull() would take. */
	if (!strchr("0123456789abcdef", **text) || !**text)
		return false;
	errno = 0;
	*n = strtoull(*text, &stop, base);
	if (errno || stop == *text || *stop != end)
		return false;
	*text = stop + 1;
	return true;
}

/* The first line of a mapping. */
static bool read_head(const char *line, struct smaps_mapping *mapping)
{
	uint64_t inode = 0;

	*mapping = (struct smaps_mapping){ 0 };
	if (!number(&line, 16, '-', &mapping->start) ||
	    !number(&line, 16, ' ', &mapping->end) ||
	    mapping->end <= mapping->start)
		return false;
	/* Behind mode, offset and device. */
	line = skip(line, 3);
	inode = strtoull(line, NULL, 10);
	line = skip(line, 1);
	mapping->is_file = inode || *line == '/' || !strncmp(line, "[v", 2);
	mapping->name = util_copy(line, strcspn(line, "\n"));
	return true;
}

static void add(struct smaps *smaps, struct smaps_mapping mapping)
{
	/* There is room for a power of two. */
	if (!(smaps->count & (smaps->count - 1)))
		smaps->items = util_resize(smaps->items, smaps->count ?
					   2 * smaps->count : 1,
					   sizeof(mapping));
	smaps->items[smaps->count++] = mapping;
	smaps->text += strlen(mapping.name);
}

/* "Key:   N kB" of a mapping, at most its length. */
static void read_field(const char *line, const char *key,
		       const struct smaps_mapping *mapping, uint64_t *bytes)
{
	uint64_t len = mapping->end - mapping->start, kib;
	size_t key_len = strlen(key);

	if (strncmp(line, key, key_len) != 0)
		return;
	line += key_len;
	line += strspn(line, " ");
	if (!number(&line, 10, ' ', &kib))
		return;
	*bytes = kib < len >> 10 ? kib << 10 : len;
}

/* Whose fields follow: the mapping that was added, or NULL for nobody's. */
static struct smaps_mapping *add_in_order(struct smaps *smaps,
					  struct smaps_mapping mapping)
{
	if (smaps->count &&
	    mapping.start < smaps->items[smaps->count - 1].end) {
		free(mapping.name);
		return NULL;
	}
	add(smaps, mapping);
	return &smaps->items[smaps->count - 1];
}

bool smaps_read(struct smaps *smaps, FILE *in)
{
	struct smaps_mapping head, *last = NULL;
	bool all = true;
	char *line = NULL;
	size_t room = 0;

	*smaps = (struct smaps){ 0 };
	while (all && getline(&line, &room, in) >= 0) {
		if (read_head(line, &head)) {
			last = add_in_order(smaps, head);
			all = smaps->count <= SMAPS_MAX &&
				smaps->text <= SMAPS_TEXT_MAX;
		} else if (last) {
			read_field(line, "Rss:", last, &last->rss);
			read_field(line, "LazyFree:", last, &last->lazy);
		}
	}
	free(line);
	for (size_t i = 0; i < smaps->count; i++)
		if (smaps->items[i].lazy > smaps->items[i].rss)
			smaps->items[i].lazy = smaps->items[i].rss;
	return all;
}

size_t smaps_find(const struct smaps *smaps, uint64_t address)
{
	size_t low = 0, high = smaps->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (smaps->items[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void smaps_free(struct smaps *smaps)
{
	for (size_t i = 0; i < smaps->count; i++)
		free(smaps->items[i].name);
	free(smaps->items);
	*smaps = (struct smaps){ 0 };
}
