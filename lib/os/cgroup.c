/* SPDX-License-Identifier: MIT */
/*
 * cgroup.c - see cgroup.h.  In a container the file of the process may name
 * a path that is not there, since what is mounted begins at the container's
 * own group: then one of the directories above it is, at the latest the
 * mount itself.
 */
#include "os/cgroup.h"

#include "os/os.h"
#include "policy/cgroup.h"

#include <string.h>

/* Not on the stack, which may be the smallest that there is. */
static char text[2048];
static char name[1024];

/* Appends a string to `name`; false where it has no room. */
static bool append(size_t *len, const char *s, size_t n)
{
	if (n >= sizeof(name) - *len)
		return false;
	memcpy(name + *len, s, n);
	*len += n;
	name[*len] = '\0';
	return true;
}

/* The limit of one directory, the first `len` characters of `name`. */
static size_t limit_of(size_t len, const char *file)
{
	char number[32];

	if (!append(&len, file, strlen(file)) ||
	    hk_os_read_file(name, number, sizeof(number)))
		return SIZE_MAX;
	return hk_cgroup_bytes(number);
}

size_t hk_os_cgroup_limit(const char *proc, const char *root)
{
	static const char *const files[] = {
		[HK_CGROUP_V2] = "/memory.max",
		[HK_CGROUP_V1] = "/memory.limit_in_bytes",
	};
	size_t path_len, end, len = 0, least = SIZE_MAX;
	enum hk_cgroup kind;
	const char *path;

	if (hk_os_read_file(proc, text, sizeof(text)))
		return SIZE_MAX;
	path = hk_cgroup_path(text, &kind, &path_len);
	if (!path || !append(&len, root, strlen(root)) ||
	    (kind == HK_CGROUP_V1 && !append(&len, "/memory", 7)))
		return SIZE_MAX;
	end = len;
	if (!append(&len, path, path_len))
		return SIZE_MAX;
	for (;;) {
		least = hk_min(least, limit_of(len, files[kind]));
		if (len <= end)
			return least;
		do
			len--;
		while (len > end && name[len] != '/');
	}
}
