/* SPDX-License-Identifier: MIT */
/*
 * container.c - see container.h, and cgroups(7).  The hierarchies are looked
 * for where systemd and every container mount them.
 */
#define _GNU_SOURCE
#include "process/container.h"

#include "common/util.h"
#include "process/proc.h"

#include "os/cgroup.h"

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

/* "some avg10=0.12 avg60=...", and the same of "full". */
bool container_pressure(const char *text, struct container_pressure *pressure)
{
	const char *full = strstr(text, "\nfull ");

	return sscanf(text, "some avg10=%lf", &pressure->some) == 1 && full &&
		sscanf(full, " full avg10=%lf", &pressure->full) == 1;
}

/* Which has a line of oom_kill. */
static const char *const oom_file[] = {
	[HK_CGROUP_V2] = "memory.events", [HK_CGROUP_V1] = "memory.oom_control",
};

static void read_limit(struct container *container, enum hk_cgroup kind,
		       pid_t pid)
{
	char *groups = proc_path(pid, "cgroup");
	size_t limit = hk_os_cgroup_limit(groups, ROOT);
	char *text = read_file(kind, container->path, oom_file[kind]);

	container->limit = limit == SIZE_MAX ? UINT64_MAX : limit;
	proc_key(text, "oom_kill", &container->oom_kills);
	free(text);
	free(groups);
}

void container_read(struct container *container, pid_t pid)
{
	enum hk_cgroup kind = HK_CGROUP_V2;
	char *text;

	*container = (struct container){ .limit = UINT64_MAX };
	container->path = proc_cgroup(pid, &kind);
	if (!*container->path)
		return;
	text = read_file(kind, container->path, "memory.stat");
	container->has_anon = proc_key(text,
		kind == HK_CGROUP_V1 ? "rss" : "anon", &container->anon);
	free(text);
	text = kind == HK_CGROUP_V1 ? NULL :
		read_file(kind, container->path, "memory.pressure");
	container->has_pressure = text &&
		container_pressure(text, &container->pressure);
	free(text);
	read_limit(container, kind, pid);
}

void container_free(struct container *container)
{
	free(container->path);
	container->path = NULL;
}
