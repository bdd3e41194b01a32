/* SPDX-License-Identifier: MIT */
/*
 * doctor_process.c - "hakmem-stat doctor PID": is the library in a running
 * process; if not, why not; and if so, how is it doing there?
 *
 * The process may end, execute another program or lie at any time: what it
 * says of itself is a text to print, and no more.
 */
#define _GNU_SOURCE
#include "doctor/doctor.h"

#include "common/util.h"
#include "process/elf_head.h"
#include "process/proc.h"
#include "process/process.h"

#include "file.h"

#include "heap/config.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DELETED		" (deleted)"

/* The kernel lets an environment be that long, and longer. */
#define ENVIRON_MAX	((size_t)4 << 20)

struct process {
	struct findings *findings;
	pid_t pid;
	const char *library;	/* that could be preloaded */
	int status;		/* of process_find() */
	char *file;		/* that has the library; or NULL */
	bool loaded;
	bool secure;		/* AT_SECURE */
	char *program;		/* its file; or NULL */
	char executed[PATH_MAX]; /* the file that was executed; or "" */
	char *text;		/* its environment, a text behind the other */
	const char **env;	/* the same, NULL at the end; or NULL */
};

static void add(const struct process *p, enum finding_severity severity,
		const char *check, char *found, char *remedy)
{
	findings_add(p->findings, severity, check, found, remedy);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && !strcmp(text + len - tail, end);
}

/* ---- what it says of itself ---- */

static void read_environment(struct process *p)
{
	size_t len, count = 0;

	p->text = proc_bytes(p->pid, "environ", ENVIRON_MAX, &len);
	for (size_t at = 0; at < len; at += strlen(p->text + at) + 1) {
		if (count % 64 == 0)
			p->env = util_resize(p->env, count + 65,
					     sizeof(*p->env));
		p->env[count++] = p->text + at;
		p->env[count] = NULL;
	}
}

/* The value of a variable; NULL where it is not set. */
static const char *variable(const struct process *p, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; p->env && p->env[i]; i++)
		if (!strncmp(p->env[i], name, len) && p->env[i][len] == '=')
			return p->env[i] + len + 1;
	return NULL;
}

static void read_program(struct process *p)
{
	uint64_t at, secure;

	p->program = proc_link(p->pid, "exe");
	if (p->program && ends_with(p->program, DELETED))
		p->program[strlen(p->program) - strlen(DELETED)] = '\0';
	proc_auxv(p->pid, AT_SECURE, &secure);
	p->secure = secure;
	if (proc_auxv(p->pid, AT_EXECFN, &at))
		process_text(p->pid, at, p->executed, sizeof(p->executed));
}

/* ---- loaded ---- */

static void tell_loaded(const struct process *p)
{
	if (ends_with(p->file, DELETED))
		add(p, FINDING_PROBLEM, "loaded",
		    util_format("it runs on a library that was replaced or "
				"removed since: %s", p->file),
		    util_format("restart it, to have the one that is "
				"installed"));
	else
		add(p, FINDING_OK, "loaded", util_format("the library is "
			"loaded: %s", p->file), NULL);
}

static void tell_unreadable(const struct process *p)
{
	add(p, FINDING_NOTE, "looking_in",
	    util_format("its memory may not be read; what is said here is "
			"from /proc"),
	    util_format("run hakmem-stat as root; kernel.yama.ptrace_scope "
			"must be less than 3"));
}

/* ---- not loaded ---- */

static bool fits(const struct process *p)
{
	char *path = proc_path(p->pid, "exe");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct elf_head head, own;
	char *why = NULL;

	free(path);
	elf_head_own(&own);
	if (fd >= 0 && elf_head_read(fd, &head))
		why = elf_fit_text(elf_fit(&head, &own), p->program ?
				   p->program : "its program", &head);
	if (fd >= 0)
		close(fd);
	if (!why)
		return true;
	add(p, FINDING_PROBLEM, "loaded",
	    util_format("not loaded: %s", why),
	    util_format("use a program for this machine's glibc that is "
			"dynamically linked, or link it with libhakmem"));
	free(why);
	return false;
}

/* A path as the process sees it. */
static char *path_in(const struct process *p, const char *path)
{
	char *in_root = util_format("root%s", path);
	char *all = proc_path(p->pid, in_root);

	free(in_root);
	return all;
}

static void tell_secure(const struct process *p)
{
	add(p, FINDING_PROBLEM, "loaded",
	    util_format("not loaded: it has more privileges than its caller "
			"(AT_SECURE), and the loader ignores LD_PRELOAD"),
	    util_format("hakmem-preload enable: /etc/ld.so.preload is heeded "
			"there, too"));
}

/* The file asks for it, and it is not there. */
static void tell_file(const struct process *p, const char *path)
{
	struct stat st;
	time_t start;

	if (!stat(path, &st) && proc_started(p->pid, &start) &&
	    start < st.st_mtime)
		add(p, FINDING_PROBLEM, "loaded",
		    util_format("not loaded: it was started before "
				PRELOAD_FILE " got its line"),
		    util_format("restart it"));
	else
		add(p, FINDING_PROBLEM, "loaded",
		    util_format("not loaded, although " PRELOAD_FILE " has "
				"the library: the loader could not, or did "
				"not look"),
		    util_format("hakmem-preload status tells what is wrong "
				"with it; the program's standard error has "
				"what the loader said"));
}

/* The first entry of LD_PRELOAD that is the library, as a path. */
static char *named_library(const char *value)
{
	const char *name = strstr(value, "libhakmem.so");
	const char *start = name;

	while (start > value && !strchr(": ", start[-1]))
		start--;
	return util_copy(start, strcspn(start, ": "));
}

static void tell_variable(const struct process *p, const char *value)
{
	char *name = named_library(value);
	char *path = path_in(p, name);
	bool missing = *name == '/' && access(path, F_OK);

	if (missing)
		add(p, FINDING_PROBLEM, "loaded",
		    util_format("not loaded: LD_PRELOAD is %s, and for this "
				"process there is no such file", name),
		    util_format("correct the path, or have the library "
				"there, in its container as well"));
	else
		add(p, FINDING_PROBLEM, "loaded",
		    util_format("not loaded, although LD_PRELOAD has %s: the "
				"loader could not, or the process set it "
				"afterwards", name),
		    util_format("use the full path of a file that its user "
				"may read; the program's standard error has "
				"what the loader said"));
	free(path);
	free(name);
}

/* The name of its unit of systemd, without ".service"; or NULL. */
static char *service_of(const struct process *p)
{
	enum hk_cgroup kind;
	char *group = proc_cgroup(p->pid, &kind);
	const char *last = strrchr(group, '/');
	char *name = NULL;

	if (last && !strncmp(group, "/system.slice/", 14) &&
	    ends_with(last, ".service"))
		name = util_copy(last + 1, strlen(last + 1) -
				 strlen(".service"));
	free(group);
	return name;
}

static void tell_not_asked(const struct process *p)
{
	char *service = service_of(p);
	char *remedy = doctor_install(p->library);

	if (!remedy && service)
		remedy = util_format("hakmem-preload enable --service %s, "
				     "then systemctl restart %s", service,
				     service);
	else if (!remedy)
		remedy = util_format("start it with LD_PRELOAD=%s, or "
				     "hakmem-preload enable for all programs",
				     p->library);
	add(p, FINDING_PROBLEM, "loaded",
	    util_format("not loaded: nothing asks for it, neither "
			"LD_PRELOAD%s nor " PRELOAD_FILE, p->env ? "" :
			" (which may not be read)"), remedy);
	free(service);
}

static void tell_reason(const struct process *p)
{
	char *path = path_in(p, PRELOAD_FILE);
	char *text = util_read(path);
	const char *value = variable(p, "LD_PRELOAD");
	bool by_file = text && doctor_list_has(text);
	bool by_variable = value && doctor_list_has(value);

	if (!fits(p))
		;
	else if (by_file)
		tell_file(p, path);
	else if (p->secure)
		tell_secure(p);
	else if (by_variable)
		tell_variable(p, value);
	else
		tell_not_asked(p);
	free(text);
	free(path);
}

/* ---- what it is in ---- */

static void look_at_seccomp(const struct process *p)
{
	uint64_t mode;

	if (!proc_status(p->pid, "Seccomp", &mode))
		return;
	if (!mode)
		add(p, FINDING_OK, "seccomp", util_format("no filter of "
							  "system calls"),
		    NULL);
	else
		add(p, FINDING_NOTE, "seccomp",
		    util_format(mode == 1 ? "it may only read, write and "
				"exit (strict mode): no memory can be had" :
				"a filter of system calls is in force"),
		    util_format("the filter must allow mmap, munmap, mremap, "
				"mprotect, madvise, futex and clock_gettime"));
}

static bool same_namespace(pid_t pid, const char *name)
{
	char *what = util_format("ns/%s", name);
	char *theirs = proc_link(pid, what);
	char *ours = proc_link(0, what);
	bool same = !theirs || !ours || !strcmp(theirs, ours);

	free(theirs);
	free(ours);
	free(what);
	return same;
}

static void look_at_namespaces(const struct process *p)
{
	bool mnt = same_namespace(p->pid, "mnt");
	bool number = same_namespace(p->pid, "pid");
	bool user = same_namespace(p->pid, "user");

	if (mnt && number && user)
		add(p, FINDING_OK, "namespaces",
		    util_format("it sees the files, processes and users that "
				"we see"), NULL);
	else
		add(p, FINDING_NOTE, "namespaces",
		    util_format("it has%s%s%s of its own: a container",
				mnt ? "" : " files", number ? "" :
				" processes", user ? "" : " users"),
		    util_format("look at its files by hakmem-stat doctor "
				"--root=/proc/%ld/root", (long)p->pid));
}

/* ---- all of it ---- */

/* Another user namespace has another root, whom a file belongs to. */
static char *options_path(const struct process *p)
{
	char *root = proc_path(p->pid, "root/.");
	bool may = !access(root, X_OK) && same_namespace(p->pid, "user");

	free(root);
	return may ? path_in(p, hk_config_path) : NULL;
}

static void look_at_options(const struct process *p, const struct page *page)
{
	char *path = options_path(p);
	const struct doctor_choices choices = {
		.env = p->env, .path = path, .page = page,
		.secure = p->secure, .program = p->program,
		.executed = *p->executed ? p->executed : NULL,
	};

	doctor_options(p->findings, &choices);
	free(path);
}

static void look_at_page(const struct process *p, uint64_t at)
{
	pid_t pid = p->pid;
	struct page page;
	const char *why = page_load(&page, process_read, &pid, at);

	if (why) {
		add(p, FINDING_NOTE, "figures",
		    util_format("%s", why),
		    util_format("take stats_page = 0 out where that is set; "
				"use the hakmem-stat of that library's "
				"version"));
		look_at_options(p, NULL);
		return;
	}
	look_at_options(p, &page);
	doctor_figures(p->findings, pid, &page);
	page_free(&page);
}

static void require(pid_t pid, bool fine, const char *why)
{
	if (!fine)
		util_die(STATUS_UNREADABLE, "process %ld: %s", (long)pid, why);
}

static void release(struct process *p)
{
	free(p->file);
	free(p->program);
	free(p->text);
	free(p->env);
}

void doctor_process(struct findings *findings, pid_t pid, const char *library)
{
	struct process p = { .findings = findings, .pid = pid,
			     .library = library };
	struct process_found found;
	struct proc_state state;

	p.status = process_find(pid, PROCESS_PAGE, &found);
	p.file = found.file;
	require(pid, p.status != -ESRCH && p.status != -EACCES &&
		p.status != -ENXIO, process_why(p.status));
	p.loaded = found.file != NULL;
	findings->about = proc_name(pid, "comm");
	read_program(&p);
	read_environment(&p);
	if (p.loaded)
		tell_loaded(&p);
	else
		tell_reason(&p);
	if (p.status == -EPERM)
		tell_unreadable(&p);
	doctor_allocators(findings, pid, p.loaded);
	if (!p.status)
		look_at_page(&p, found.at);
	else if (p.loaded)
		look_at_options(&p, NULL);
	doctor_cgroup(findings, pid);
	doctor_mappings(findings, pid);
	doctor_limits(findings, pid);
	doctor_huge_pages(findings, pid);
	look_at_seccomp(&p);
	look_at_namespaces(&p);
	require(pid, proc_state(pid, &state), "it ended while it was looked "
		"at");
	release(&p);
}
