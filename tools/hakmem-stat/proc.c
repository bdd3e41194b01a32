/* SPDX-License-Identifier: MIT */
/*
 * proc.c - see proc.h.
 */
#define _GNU_SOURCE
#include "proc.h"

#include "util.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

FILE *proc_open(pid_t pid, const char *what)
{
	char *path = util_format("/proc/%ld/%s", (long)pid, what);
	FILE *in = fopen(path, "re");

	free(path);
	return in;
}

char *proc_read(pid_t pid, const char *what)
{
	char *path = util_format("/proc/%ld/%s", (long)pid, what);
	char *text = util_read(path);

	free(path);
	return text;
}

char *proc_printable(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

char *proc_name(pid_t pid, const char *what)
{
	char *text = proc_read(pid, what);

	if (!text)
		return util_copy("", 0);
	text[strcspn(text, "\n")] = '\0';
	return proc_printable(text);
}

char *proc_cgroup(pid_t pid, enum hk_cgroup *kind)
{
	char *text = proc_read(pid, "cgroup");
	size_t len = 0;
	const char *path = text ? hk_cgroup_path(text, kind, &len) : NULL;
	char *copy = util_copy(path ? path : "", len);

	free(text);
	return proc_printable(copy);
}

/* Lines are "Key:\tVALUE". */
bool proc_state(pid_t pid, struct proc_state *state)
{
	char *text = proc_read(pid, "status");
	const char *uid = text ? strstr(text, "\nUid:") : NULL;
	const char *rss = text ? strstr(text, "\nVmRSS:") : NULL;
	unsigned long long kib;
	unsigned int effective;
	bool ok;

	ok = uid && rss && sscanf(uid, "\nUid: %*u %u", &effective) == 1 &&
		sscanf(rss, "\nVmRSS: %llu", &kib) == 1;
	free(text);
	if (ok)
		*state = (struct proc_state){ effective, kib << 10 };
	return ok;
}

/* ---- threads ---- */

/* "NSpid:" has the number in each namespace, the innermost last. */
static uint32_t inner_of(pid_t pid, long tid)
{
	char *file = util_format("task/%ld/status", tid);
	char *text = proc_read(pid, file);
	char *line = text ? strstr(text, "\nNSpid:") : NULL;
	unsigned long n = (unsigned long)tid;

	if (line) {
		char *end;

		line[strcspn(line + 1, "\n") + 1] = '\0';
		end = strrchr(line, '\t');
		if (end)
			n = strtoul(end, NULL, 10);
	}
	free(text);
	free(file);
	return (uint32_t)n;
}

static void add(struct proc_threads *threads, pid_t pid, long tid)
{
	char *file = util_format("task/%ld/comm", tid);

	threads->items = util_resize(threads->items, threads->count + 1,
				     sizeof(*threads->items));
	threads->items[threads->count++] = (struct proc_thread){
		.tid = (pid_t)tid,
		.inner = inner_of(pid, tid),
		.name = proc_name(pid, file),
	};
	free(file);
}

void proc_threads(struct proc_threads *threads, pid_t pid)
{
	char *path = util_format("/proc/%ld/task", (long)pid);
	DIR *dir = opendir(path);
	struct dirent *entry;

	*threads = (struct proc_threads){ 0 };
	free(path);
	while (dir && (entry = readdir(dir))) {
		char *end;
		long tid = strtol(entry->d_name, &end, 10);

		if (!*end && tid > 0)
			add(threads, pid, tid);
	}
	if (dir)
		closedir(dir);
}

const struct proc_thread *proc_thread_find(const struct proc_threads *threads,
					   uint32_t inner)
{
	for (size_t i = 0; i < threads->count; i++)
		if (threads->items[i].inner == inner)
			return &threads->items[i];
	return NULL;
}

void proc_threads_free(struct proc_threads *threads)
{
	for (size_t i = 0; i < threads->count; i++)
		free(threads->items[i].name);
	free(threads->items);
	*threads = (struct proc_threads){ 0 };
}
