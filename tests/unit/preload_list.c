/* SPDX-License-Identifier: MIT */
/*
 * The list of hakmem-preload: what the dynamic loader takes for entries, and
 * texts with an entry more or fewer.
 */
#include "unit.h"

#include "list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define OURS	"/usr/lib/libhakmem.so.1"

/* The entries of a text, with "|" behind each. */
static const char *entries_of(const struct list *list)
{
	static char all[4096];

	all[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		char *entry = list_entry(list, i);

		strcat(strcat(all, entry), "|");
		free(entry);
	}
	return all;
}

static void reads(const char *text, const char *wanted)
{
	struct list list;

	list_read(&list, text, strlen(text));
	assert_string_equal(entries_of(&list), wanted);
	list_free(&list);
}

static void entries(void **state)
{
	struct list list;

	(void)state;
	reads("", "");
	reads(" \n\t::\n", "");
	reads("/a.so", "/a.so|");
	reads("/a.so\n", "/a.so|");
	reads("/a.so:/b.so /c.so\t/d.so\n/e.so", "/a.so|/b.so|/c.so|/d.so|"
	      "/e.so|");
	reads("/a.so\r\n", "/a.so\r|");
	reads("# /a.so", "");
	reads("/a.so#/b.so\n/c.so\n", "/a.so|/c.so|");
	/* The second is looked for in as many bytes from the start as are
	   left behind the first, and blanked as far as those go. */
	reads("# one\n/a.so\n# two\n", "/a.so|two|");
	reads("# 1\n#2\n/a/long/path/to/the/library.so\n",
	      "/a/long/path/to/the/library.so|");
	list_read(&list, "/a.so\n\0/b.so\n/c.so", 19);
	assert_string_equal(entries_of(&list), "/a.so|/c.so|");
	list_free(&list);
}

static void is_ours(const char *entry, bool wanted)
{
	struct list list;

	list_read(&list, entry, strlen(entry));
	assert_int_equal(list.count, 1);
	assert_int_equal(list_is_ours(&list, 0), wanted);
	list_free(&list);
}

static void ours(void **state)
{
	(void)state;
	is_ours(OURS, true);
	is_ours("libhakmem.so.1", true);
	is_ours("/usr/$LIB/libhakmem.so.1", true);
	is_ours("/opt/libhakmem.so", true);
	is_ours("libhakmem.so.1.0.0", true);
	is_ours("/usr/lib/libhakmem.so.1\r", true);
	is_ours("/usr/lib/libhakmem", false);
	is_ours("/usr/libhakmem.so.1/other.so", false);
	is_ours("/usr/lib/mylibhakmem.so.1", false);
}

/* "REFUSED" where it is. */
static void adds(const char *text, const char *wanted)
{
	struct list from, to;
	int err;

	list_read(&from, text, strlen(text));
	err = list_add(&to, &from, OURS);
	if (!strcmp(wanted, "REFUSED")) {
		assert_int_equal(err, -EINVAL);
	} else {
		assert_int_equal(err, 0);
		assert_int_equal(to.len, strlen(wanted));
		assert_memory_equal(to.text, wanted, to.len);
	}
	list_free(&from);
	list_free(&to);
}

static void adding(void **state)
{
	(void)state;
	adds("", OURS "\n");
	adds("/a.so", "/a.so\n" OURS "\n");
	adds("/a.so\n", "/a.so\n" OURS "\n");
	adds("/a.so \t", "/a.so \t\n" OURS "\n");
	adds(OURS, OURS);
	adds("/a.so:libhakmem.so:/b.so", "/a.so:" OURS ":/b.so");
	adds("libhakmem.so libhakmem.so.1\n", OURS "\n");
	adds("libhakmem.so\nlibhakmem.so.1\n/a.so", OURS "\n/a.so");
	adds("# a comment", "# a comment\n" OURS "\n");
	/* More text behind it, and the second comment is seen. */
	adds("# one\n/a.so\n# two\n", "REFUSED");
}

static void removes(const char *text, const char *wanted)
{
	struct list from, to;

	list_read(&from, text, strlen(text));
	list_remove(&to, &from);
	assert_int_equal(to.len, strlen(wanted));
	assert_memory_equal(to.text, wanted, to.len);
	list_free(&from);
	list_free(&to);
}

static void removing(void **state)
{
	(void)state;
	removes("", "");
	removes("/a.so", "/a.so");
	removes(OURS, "");
	removes(OURS "\n", "");
	removes(" " OURS " \n/a.so\n", "/a.so\n");
	removes("/a.so\n" OURS "\n/b.so\n", "/a.so\n/b.so\n");
	removes("/a.so\n" OURS, "/a.so\n");
	removes("/a.so:" OURS ":/b.so", "/a.so:/b.so");
	removes(OURS " /b.so", "/b.so");
	removes("/a.so " OURS, "/a.so");
	removes("libhakmem.so:/a.so\nlibhakmem.so\n" OURS "\r\n", "/a.so\n");
	removes(OURS " # why\n", "# why\n");
	removes(OURS "# why\n", "# why\n");
	removes("# " OURS "\n", "# " OURS "\n");
}

/* ---- any text ---- */

static char random_text[400];

static size_t make_text(unsigned int *seed)
{
	static const char *const words[] = {
		OURS, "libhakmem.so", "/a.so", "/b.so", "x", "#", "# c", "\n",
		"\n", " ", "\t", ":", "\r\n", "#\n",
	};
	size_t len = 0;
	int n = rand_r(seed) % 14;

	random_text[0] = '\0';
	while (n--) {
		const char *word = words[(size_t)rand_r(seed) %
					 UNIT_COUNT(words)];

		strcat(random_text, word);
		len += strlen(word);
	}
	return len;
}

/* The entries that are not ours. */
static void others_of(const struct list *list, char *to)
{
	to[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		char *entry = list_entry(list, i);

		if (!list_is_ours(list, i))
			strcat(strcat(to, entry), "|");
		free(entry);
	}
}

static void any_text(void **state)
{
	static char before[1000], after[1000];
	unsigned int seed = 1, added = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct list from, to, gone;

		list_read(&from, random_text, make_text(&seed));
		others_of(&from, before);
		if (!list_add(&to, &from, OURS)) {
			added++;
			assert_int_equal(list_ours(&to), 1);
			others_of(&to, after);
			assert_string_equal(before, after);
		}
		list_remove(&gone, &from);
		assert_int_equal(list_ours(&gone), 0);
		others_of(&gone, after);
		assert_string_equal(before, after);
		list_free(&from);
		list_free(&to);
		list_free(&gone);
	}
	assert_true(added > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),
		cmocka_unit_test(ours),
		cmocka_unit_test(adding),
		cmocka_unit_test(removing),
		cmocka_unit_test(any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
