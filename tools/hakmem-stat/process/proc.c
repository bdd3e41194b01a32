/* SPDX-License-Identifier: MIT */
/*
 * proc.c - see proc.h.
 */
#define _GNU_SOURCE
#include "process/proc.h"

#include "common/util.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* It has some twenty entries. */
#define AUXV_MAX	((size_t)1024)

char *proc_path(pid_t pid, const char *what)
{
	return pid ? util_format("/proc/%ld/%s", (long)pid, what) :
		util_format("/proc/self/%s", what);
}

FILE *proc_open(pid_t pid, const char *what)
{
	char *path = proc_path(pid, what);
	FILE *in = fopen(path, "re");

	free(path);
	return in;
}

char *proc_read(pid_t pid, const char *what)
{
	char *path = proc_path(pid, what);
	char *text = util_read(path);

	free(path);
	return text;
}

char *proc_bytes(pid_t pid, const char *what, size_t most, size_t *len)
{
	FILE *in = proc_open(pid, what);
	char *bytes = NULL;
	size_t n = 1;

	for (*len = 0; in && n && *len < most; *len += n) {
		size_t room = *len < 2048 ? 4096 : *len * 2;

		room = room < most ? room : most;
		bytes = util_resize(bytes, room + 1, 1);
		n = fread(bytes + *len, 1, room - *len, in);
	}
	if (in)
		fclose(in);
	if (bytes)
		bytes[*len] = '\0';
	return bytes;
}

bool proc_key(const char *text, const char *key, uint64_t *n)
{
	size_t len = strlen(key);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, key, len) &&
		    (text[len] == ':' || text[len] == ' '))
			return sscanf(text + len + 1, "%" SCNu64, n) == 1;
	}
	return false;
}

bool proc_status(pid_t pid, const char *key, uint64_t *n)
{
	char *text = proc_read(pid, "status");
	bool found = proc_key(text, key, n);

	free(text);
	return found;
}

bool proc_auxv(pid_t pid, uint64_t type, uint64_t *value)
{
	size_t len;
	char *bytes = proc_bytes(pid, "auxv", AUXV_MAX, &len);
	uint64_t pair[2] = { 0 };
	bool found = false;

	for (size_t at = 0; !found && at + sizeof(pair) <= len;
	     at += sizeof(pair)) {
		memcpy(pair, bytes + at, sizeof(pair));
		found = pair[0] == type;
	}
	*value = found ? pair[1] : 0;
	free(bytes);
	return found;
}

char *proc_link(pid_t pid, const char *what)
{
	char *path = proc_path(pid, what);
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target));

	free(path);
	return len < 0 ? NULL : util_copy(target, (size_t)len);
}

/* Field 22, in ticks since the machine started; the name may have any. */
bool proc_started(pid_t pid, time_t *when)
{
	char *stat = proc_read(pid, "stat");
	char *machine = util_read("/proc/stat");
	const char *at = stat ? strrchr(stat, ')') : NULL;
	const char *boot = machine ? strstr(machine, "\nbtime ") : NULL;
	unsigned long long ticks, seconds;
	bool known = at && boot &&
		sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
		       "%*u %*u %*d %*d %*d %*d %*d %*d %llu", &ticks) == 1 &&
		sscanf(boot, "\nbtime %llu", &seconds) == 1;

	free(stat);
	free(machine);
	if (known)
		*when = (time_t)(seconds + ticks /
				 (unsigned long long)sysconf(_SC_CLK_TCK));
	return known;
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

/*
 * "PID (NAME) STATE PPID ...": the name may hold anything, and what follows it
 * are the fields from 3 on.
 */
bool proc_stat(pid_t pid, struct proc_stat *stat)
{
	uint64_t second = (uint64_t)sysconf(_SC_CLK_TCK), user, system;
	char *text = proc_read(pid, "stat");
	const char *fields = text ? strrchr(text, ')') : NULL;
	bool ok;

	*stat = (struct proc_stat){ 0 };
	ok = fields && sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %" SCNu64
			      " %*u %" SCNu64 " %*u %" SCNu64 " %" SCNu64
			      " %*d %*d %*d %*d %" SCNu64 " %*d %" SCNu64
			      " %*u %*d %*u %*u %*u %" SCNu64,
			      &stat->minor_faults, &stat->major_faults, &user,
			      &system, &stat->threads, &stat->start,
			      &stat->stack) == 7;
	if (ok)
		stat->cpu_ms = (user + system) * 1000 / second;
	free(text);
	return ok;
}

bool proc_memory(uint64_t *total, uint64_t *available)
{
	char *text = util_read("/proc/meminfo");
	const char *line = text ? strstr(text, "\nMemAvailable:") : NULL;
	unsigned long long all, left;
	bool ok;

	ok = line && sscanf(text, "MemTotal: %llu", &all) == 1 &&
		sscanf(line, "\nMemAvailable: %llu", &left) == 1;
	free(text);
	if (ok) {
		*total = all << 10;
		*available = left << 10;
	}
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

pid_t proc_group(pid_t tid)
{
	uint64_t pid;

	return proc_status(tid, "Tgid", &pid) ? (pid_t)pid : tid;
}

pid_t proc_alive(pid_t pid, struct proc_state *state)
{
	struct proc_threads threads;
	pid_t alive = 0;
	uint64_t n;

	if (proc_state(pid, state))
		return pid;
	/* Threads of the kernel are many, and have none beside them. */
	if (!proc_status(pid, "Threads", &n) || n < 2)
		return 0;
	proc_threads(&threads, pid);
	for (size_t i = 0; !alive && i < threads.count; i++)
		if (proc_state(threads.items[i].tid, state))
			alive = threads.items[i].tid;
	proc_threads_free(&threads);
	return alive;
}

void proc_threads_free(struct proc_threads *threads)
{
	for (size_t i = 0; i < threads->count; i++)
		free(threads->items[i].name);
	free(threads->items);
	*threads = (struct proc_threads){ 0 };
}
