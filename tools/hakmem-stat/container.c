/* SPDX-License-Identifier: MIT */
/*
 * container.c - see container.h, and cgroups(7).  The hierarchies are looked
 * for where systemd and every container mount them.
 */
#define _GNU_SOURCE
#include "container.h"

#include "proc.h"
#include "util.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROOT	"/sys/fs/cgroup"

static char *read_file(enum hk_cgroup kind, const char *group,
		       const char *name)
{
	char *path = util_format("%s%s%s/%s", ROOT,
				 kind == HK_CGROUP_V1 ? "/memory" : "", group,
				 name);
	char *text = util_read(path);

	free(path);
	return text;
}

/* The number behind a key that begins a line. */
static bool find_number(const char *text, const char *key, uint64_t *n)
{
	size_t len = strlen(key);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, key, len) && text[len] == ' ')
			return sscanf(text + len, "%" SCNu64, n) == 1;
	}
	return false;
}

/* "some avg10=0.12 avg60=...", and the same of "full". */
bool container_pressure(const char *text, struct container_pressure *pressure)
{
	const char *full = strstr(text, "\nfull ");

	return sscanf(text, "some avg10=%lf", &pressure->some) == 1 && full &&
		sscanf(full, " full avg10=%lf", &pressure->full) == 1;
}

void container_read(struct container *container, pid_t pid)
{
	enum hk_cgroup kind = HK_CGROUP_V2;
	char *text;

	*container = (struct container){ 0 };
	container->path = proc_cgroup(pid, &kind);
	if (!*container->path)
		return;
	text = read_file(kind, container->path, "memory.stat");
	container->has_anon = text && find_number(text,
		kind == HK_CGROUP_V1 ? "rss" : "anon", &container->anon);
	free(text);
	text = kind == HK_CGROUP_V1 ? NULL :
		read_file(kind, container->path, "memory.pressure");
	container->has_pressure = text &&
		container_pressure(text, &container->pressure);
	free(text);
}

void container_free(struct container *container)
{
	free(container->path);
	container->path = NULL;
}
