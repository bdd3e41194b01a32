/* SPDX-License-Identifier: MIT */
/*
 * loaded.c - see loaded.h.
 *
 * LD_PRELOAD is a request to the dynamic loader, which can go unheard: the
 * program may have no loader, another one, be for another kind of machine,
 * or run with privileges of its own.  The memory map of the process says
 * what came of it; its file says why.
 */
#define _GNU_SOURCE
#include "process/loaded.h"

#include "common/util.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

char *loaded_check_library(const char *path, struct loaded_library *library)
{
	struct elf_head elf;
	struct stat st;
	char *why = NULL;
	bool is_elf;
	int fd;

	library->path = realpath(path, NULL);
	if (!library->path)
		return util_format("%s: %s", path, strerror(errno));
	if (strpbrk(library->path, ": "))
		return util_format("%s: the dynamic loader takes no path with "
				   "a colon or a blank", library->path);
	fd = open(library->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		why = util_format("%s: %s", library->path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return why;
	}
	is_elf = S_ISREG(st.st_mode) && elf_head_read(fd, &elf);
	close(fd);
	if (!is_elf || elf.type != ET_DYN || elf.has_loader)
		return util_format("%s: not a shared library", library->path);
	library->inode = st.st_ino;
	library->head = elf;
	return NULL;
}

/* ---- the memory map ---- */

/* A line is "from-to perms offset dev inode   path". */
static bool map_line_has(char *line, const struct loaded_library *library,
			 bool *libc)
{
	char *path = strchr(line, '/');
	char *name;
	unsigned long inode = 0;

	if (!path)
		return false;
	sscanf(line, "%*s %*s %*s %*s %lu", &inode);
	path[strcspn(path, "\n")] = '\0';
	name = strrchr(path, '/') + 1;
	if (!strncmp(name, "libc.so.", 8) || !strncmp(name, "libc-2.", 7))
		*libc = true;
	/* In another mount namespace the path is another one. */
	return !strcmp(path, library->path) ||
		(inode == library->inode && strstr(name, "hakmem"));
}

static enum loaded_seen look_once(pid_t pid,
				  const struct loaded_library *library)
{
	char *name = util_format("/proc/%ld/maps", (long)pid);
	FILE *maps = fopen(name, "re");
	char *line = NULL;
	size_t room = 0;
	bool found = false;
	bool libc = false;
	bool any = false;

	free(name);
	if (!maps)
		return LOADED_UNREADABLE;
	while (!found && getline(&line, &room, maps) >= 0) {
		any = true;
		found = map_line_has(line, library, &libc);
	}
	free(line);
	fclose(maps);
	if (found)
		return LOADED_YES;
	/* What is preloaded is mapped before what is needed. */
	if (libc)
		return LOADED_NO;
	return any ? LOADED_TOO_EARLY : LOADED_UNREADABLE;
}

/*
 * The map is read in pieces, while the loader changes it: what was missing
 * once may have been there.
 */
enum loaded_seen loaded_look(pid_t pid, const struct loaded_library *library)
{
	enum loaded_seen seen = look_once(pid, library);

	return seen == LOADED_NO ? look_once(pid, library) : seen;
}

/* ---- obstacles ---- */

bool loaded_is_privileged(int fd, const struct stat *st)
{
	char capabilities[64];

	if ((st->st_mode & S_ISUID) && st->st_uid != geteuid())
		return true;
	if ((st->st_mode & S_ISGID) && (st->st_mode & S_IXGRP) &&
	    st->st_gid != getegid())
		return true;
	return geteuid() != 0 &&
		fgetxattr(fd, "security.capability", capabilities,
			  sizeof(capabilities)) > 0;
}

static char *elf_obstacle(const char *path, int fd, const struct stat *st,
			  const struct loaded_library *library)
{
	struct elf_head elf;
	char *why;

	if (!elf_head_read(fd, &elf))
		return util_format("%s is no program that the system's dynamic "
				   "loader starts", path);
	why = elf_fit_text(elf_fit(&elf, &library->head), path, &elf);
	if (why)
		return why;
	if (loaded_is_privileged(fd, st))
		return util_format("%s has privileges of its own (setuid, "
				   "setgid or capabilities): the loader "
				   "ignores LD_PRELOAD", path);
	return NULL;
}

char *loaded_interpreter(int fd, char **argument)
{
	char line[256];
	ssize_t len = pread(fd, line, sizeof(line) - 1, 0);
	char *start = line + 2;

	if (len < 2 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[len] = '\0';
	start += strspn(start, " \t");
	len = (ssize_t)strcspn(start, " \t\r\n");
	if (argument) {
		const char *rest = start + len;

		rest += strspn(rest, " \t");
		*argument = util_copy(rest, strcspn(rest, "\r\n"));
	}
	return util_copy(start, (size_t)len);
}

/* The file that is in the end executed for `path`; the caller frees it. */
static char *final_program(const char *path)
{
	char *program = util_copy(path, strlen(path));

	for (int depth = 0; depth < LOADED_SCRIPTS; depth++) {
		int fd = open(program, O_RDONLY | O_CLOEXEC);
		char *interpreter = fd < 0 ? NULL :
			loaded_interpreter(fd, NULL);

		if (fd >= 0)
			close(fd);
		if (!interpreter)
			break;
		free(program);
		program = interpreter;
	}
	return program;
}

char *loaded_obstacle(const char *path, const struct loaded_library *library)
{
	char *program = final_program(path);
	int fd = open(program, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *why = NULL;

	if (fd >= 0 && !fstat(fd, &st))
		why = elf_obstacle(program, fd, &st, library);
	else if (errno == EACCES)
		why = util_format("%s is not readable: it has privileges of "
				  "its own, or cannot be looked at", program);
	if (fd >= 0)
		close(fd);
	free(program);
	return why;
}

/* ---- asking the loader ---- */

static void become_trace(const char *program, int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(out, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0 &&
	    !setenv("LD_TRACE_LOADED_OBJECTS", "1", 1))
		execl(program, program, (char *)NULL);
	_exit(STATUS_NOT_EXECUTABLE);
}

bool loaded_by_loader(const char *path, const struct loaded_library *library)
{
	char *program = final_program(path);
	bool found = false;
	char *line = NULL;
	size_t room = 0;
	FILE *in = NULL;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC)) {
		free(program);
		return false;
	}
	pid = fork();
	if (pid == 0)
		become_trace(program, ends[1]);
	close(ends[1]);
	if (pid > 0)
		in = fdopen(ends[0], "re");
	while (in && getline(&line, &room, in) >= 0)
		if (strstr(line, library->path))
			found = true;
	if (in)
		fclose(in);
	else
		close(ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	free(line);
	free(program);
	return found;
}

/* ---- PATH ---- */

static bool is_executable_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

char *loaded_find_program(const char *command)
{
	const char *path = getenv("PATH");

	if (strchr(command, '/'))
		return util_copy(command, strlen(command));
	if (!path)
		path = "/bin:/usr/bin";
	for (;;) {
		size_t len = strcspn(path, ":");
		char *name = len ?
			util_format("%.*s/%s", (int)len, path, command) :
			util_copy(command, strlen(command));

		if (is_executable_file(name))
			return name;
		free(name);
		if (!path[len])
			return NULL;
		path += len + 1;
	}
}
