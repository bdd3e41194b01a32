/* SPDX-License-Identifier: MIT */
/*
 * list.h - the text of /etc/ld.so.preload: which entries the dynamic loader
 * finds in it, and the text with one more or some fewer of them.
 *
 * The text is kept byte for byte: what the loader takes for entries is found
 * as glibc finds it (elf/rtld.c), oddities included, and edits cut out or put
 * in nothing but an entry.  Nothing here touches a file.
 *
 *   - Blanks, tabs, newlines and colons separate entries.  A carriage return
 *     is part of one.
 *   - "#" starts a comment, up to the end of the line; but the loader looks
 *     for a further one only in the first part of the file, as long as what
 *     is left of it behind the comment before.  Words of comments further on
 *     are entries.
 *   - A zero byte ends the list.
 */
#ifndef PRELOAD_LIST_H
#define PRELOAD_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_entry {
	size_t at, len;		/* where it stands in the text */
};

struct list {
	char *text;
	size_t len;
	struct list_entry *entries;	/* in the loader's order */
	size_t count;
};

/* Reads a text, of which a copy is kept. */
void list_read(struct list *list, const char *text, size_t len);
void list_free(struct list *list);

/* An entry as a string, which the caller frees. */
char *list_entry(const struct list *list, size_t i);

/*
 * Is it libhakmem, by its base name, which starts with "libhakmem.so",
 * whatever the directory?
 */
bool list_is_ours(const struct list *list, size_t i);

/* How many are. */
size_t list_ours(const struct list *list);

/*
 * The list with `path` in the place of the first entry that is ours, or else
 * at the end, and without any other that is.  Returns 0, or -EINVAL where the
 * loader, because of comments or zero bytes, would not find just that.
 */
int list_add(struct list *to, const struct list *from, const char *path);

/*
 * The list without the entries that are ours.  A line that has nothing else
 * goes with them.
 */
void list_remove(struct list *to, const struct list *from);

/* Nothing but what separates entries. */
bool list_is_blank(const struct list *list);

#endif /* PRELOAD_LIST_H */
