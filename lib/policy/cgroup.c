/* SPDX-License-Identifier: MIT */
/*
 * cgroup.c - see cgroup.h, and cgroups(7) for the texts: lines of
 *
 *     ID:CONTROLLER[,CONTROLLER...]:/PATH
 *
 * with ID 0 and no controller for v2.
 */
#include "policy/cgroup.h"

#include <string.h>

/* v1 has no word for "no limit", but the largest multiple of a page. */
#define NO_LIMIT ((size_t)1 << 62)

/* Is one of the words between `s` and `end`, which commas part, "memory"? */
static bool has_memory(const char *s, const char *end)
{
	static const char name[] = "memory";
	const size_t len = sizeof(name) - 1;

	for (;; s++) {
		if ((size_t)(end - s) >= len && !memcmp(s, name, len) &&
		    (s + len == end || s[len] == ','))
			return true;
		while (s < end && *s != ',')
			s++;
		if (s == end)
			return false;
	}
}

/* The end of the line, or of the text. */
static const char *line_end(const char *s)
{
	return s + strcspn(s, "\n");
}

const char *hk_cgroup_path(const char *text, enum hk_cgroup *kind, size_t *len)
{
	const char *found = NULL;

	while (*text) {
		const char *end = line_end(text);
		const char *list = memchr(text, ':', (size_t)(end - text));
		const char *path = NULL;

		if (list++)
			path = memchr(list, ':', (size_t)(end - list));
		if (path && path[1] == '/') {
			bool v1 = has_memory(list, path);

			if (v1 || (path == list && !found)) {
				*kind = v1 ? HK_CGROUP_V1 : HK_CGROUP_V2;
				*len = (size_t)(end - path - 1);
				found = path + 1;
			}
			if (v1)
				return found;
		}
		text = *end ? end + 1 : end;
	}
	return found;
}

size_t hk_cgroup_bytes(const char *text)
{
	size_t n = 0;

	if (*text < '0' || *text > '9')
		return SIZE_MAX;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (n >= NO_LIMIT / 10)
			return SIZE_MAX;
		n = n * 10 + (size_t)(*text - '0');
	}
	return *text && *text != '\n' ? SIZE_MAX : n;
}
