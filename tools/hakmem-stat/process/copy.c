/* SPDX-License-Identifier: MIT */
/*
 * copy.c - see copy.h.
 */
#define _GNU_SOURCE
#include "process/copy.h"

#include "common/util.h"
#include "process/proc.h"

#include "stats/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than any has. */
#define SIZE_MOST	4096u
#define PIECE_MOST	256u
#define PIECES_MOST	4096u

/* Tries, where the process adds to it meanwhile. */
#define TRIES		3

/* It has lived for a moment only, or has asked for nothing since. */
static const char copy_is_empty[] =
	"the copy of its statistics page is still empty";

struct file {
	int fd;
	uint32_t count;
	struct hk_copy_piece *pieces;
	bool is_missing;	/* something was asked for that it has not */
};

static bool read_at(int fd, uint64_t from, void *to, size_t len)
{
	return from <= INT64_MAX &&
		pread(fd, to, len, (off_t)from) == (ssize_t)len;
}

static bool read_here(struct file *file, uint64_t from, void *to, size_t len)
{
	bool is_read = read_at(file->fd, from, to, len);

	file->is_missing |= !is_read;
	return is_read;
}

/* A page_read: by the address that it had in the process. */
static bool read_piece(void *arg, uint64_t at, void *to, size_t len)
{
	struct file *file = arg;

	for (uint32_t i = 0; i < file->count; i++) {
		const struct hk_copy_piece *piece = &file->pieces[i];

		if (at >= piece->at && at - piece->at <= piece->len &&
		    len <= piece->len - (at - piece->at))
			return read_here(file, piece->from + (at - piece->at),
					 to, len);
	}
	file->is_missing = true;
	return false;
}

/* Of later versions pieces may be longer. */
static bool load_pieces(struct file *file, const struct hk_copy *head)
{
	size_t size = head->piece_size;
	char *theirs = util_resize(NULL, head->pieces, size);
	bool is_read = read_at(file->fd, head->size, theirs,
			       head->pieces * size);

	file->count = head->pieces;
	file->pieces = util_resize(NULL, head->pieces,
				   sizeof(*file->pieces));
	for (uint32_t i = 0; is_read && i < head->pieces; i++)
		memcpy(&file->pieces[i], theirs + i * size,
		       sizeof(*file->pieces));
	free(theirs);
	return is_read;
}

static const char *check(const struct hk_copy *head)
{
	if (memcmp(head->magic, HK_COPY_MAGIC, sizeof(head->magic)) != 0 ||
	    head->size < sizeof(*head) || head->size > SIZE_MOST ||
	    head->piece_size < sizeof(struct hk_copy_piece) ||
	    head->piece_size > PIECE_MOST || head->pieces > PIECES_MOST)
		return "the copy of its statistics page makes no sense";
	if (head->abi != HK_COPY_ABI)
		return "the copy of its statistics page is of another kind: "
			"a hakmem-stat of its version is needed";
	return NULL;
}

static void tell(struct copy_told *told, const struct hk_copy *head)
{
	told->pid = (pid_t)head->pid;
	told->date_ns = head->date_ns;
	told->boot_ns = head->boot_ns;
	told->left_out = head->left_out;
	memcpy(told->name, head->name, sizeof(told->name));
	told->name[sizeof(told->name) - 1] = '\0';
	proc_printable(told->name);
}

static const char *load_once(struct page *page, int fd,
			     struct copy_told *told)
{
	struct file file = { .fd = fd };
	struct hk_copy head;
	const char *why;

	*page = (struct page){ 0 };
	if (!read_at(fd, 0, &head, sizeof(head)))
		return "the copy of its statistics page cannot be read";
	if (!head.date_ns)
		return copy_is_empty;
	why = check(&head);
	if (!why && !load_pieces(&file, &head))
		why = "the copy of its statistics page cannot be read";
	if (!why)
		why = page_load(page, read_piece, &file, head.page);
	/* The reader of pages goes by what there is. */
	if (!why && file.is_missing)
		why = "the copy of its statistics page is not complete";
	free(file.pieces);
	tell(told, &head);
	return why;
}

/* A heap that was added meanwhile may be missing from the pieces. */
const char *copy_load_file(struct page *page, int fd, struct copy_told *told)
{
	const char *why = "";

	for (int i = 0; why && i < TRIES; i++) {
		why = load_once(page, fd, told);
		if (why)
			page_free(page);
	}
	return why;
}

/* ---- where they are ---- */

static const char prefix[] = HK_COPY_DIRECTORY;

/* "hakmem-", behind the last slash, and how long that is. */
static const char *name_start(void)
{
	return strrchr(prefix, '/') + 1;
}

/* That of our numbers of processes, which stays; 0: not known. */
static unsigned long long namespace(void)
{
	static unsigned long long number;
	static bool is_known;
	struct stat st;

	if (!is_known && !stat("/proc/self/ns/pid", &st))
		number = st.st_ino;
	is_known = true;
	return number;
}

static char *file_name(pid_t pid)
{
	return util_format("%ld.%llu", (long)pid, namespace());
}

char *copy_path(const struct copy_told *told)
{
	char *name = file_name(told->pid);
	char *path = util_format("%s%lu/%s", prefix, (unsigned long)told->uid,
				 name);

	free(name);
	return path;
}

/*
 * A directory of that name may be another user's, who wants to fool us, or one
 * in which others may do something.
 */
static bool is_for_one(int fd, uint64_t uid)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_uid == uid &&
		!(st.st_mode & (S_IRWXG | S_IRWXO));
}

static int open_directory(int parent, const char *name, uid_t *uid)
{
	const char *start = name_start();
	uint64_t number;
	int fd;

	if (strncmp(name, start, strlen(start)) != 0 ||
	    !util_number(name + strlen(start), &number))
		return -1;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
	if (fd >= 0 && !is_for_one(fd, number)) {
		close(fd);
		fd = -1;
	}
	*uid = (uid_t)number;
	return fd;
}

/* Nor a fifo, which would have us wait. */
static int open_file(int directory, const char *name, uid_t uid)
{
	struct stat st;
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
			O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode) ||
			st.st_uid != uid)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Called with each user's directory; it is closed afterwards. */
typedef void on_directory(void *arg, int directory, uid_t uid);

static void each_directory(on_directory *each, void *arg)
{
	char *parent = util_copy(prefix, (size_t)(name_start() - prefix));
	DIR *dir = opendir(parent);
	struct dirent *entry;

	free(parent);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		uid_t uid;
		int fd = open_directory(dirfd(dir), entry->d_name, &uid);

		if (fd < 0)
			continue;
		each(arg, fd, uid);
		close(fd);
	}
	closedir(dir);
}

/* ---- one process ---- */

struct search {
	pid_t pid;
	const char *why;	/* NULL: one was found */
	struct page page;
	struct copy_told told;
};

/*
 * Is it of the process that has this number now, or does nobody have it?  The
 * file is of whoever the process was when it began: of itself, or of root.
 */
static bool is_of_it(const struct copy_told *told)
{
	uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	struct proc_state state;
	struct proc_stat stat;

	return !proc_stat(told->pid, &stat) ||
		!proc_alive(told->pid, &state) ||
		(told->boot_ns >= stat.start * tick_ns &&
		 (told->uid == state.uid || told->uid == 0));
}

/* Has it ended, of which this is?  What has its number now began later. */
static bool has_ended(const struct copy_told *told)
{
	struct proc_state state;

	return !proc_alive(told->pid, &state) || !is_of_it(told);
}

static void look(void *arg, int directory, uid_t uid)
{
	struct search *search = arg;
	char *name = file_name(search->pid);
	int fd = open_file(directory, name, uid);
	struct copy_told told = { .uid = uid };
	const char *why;
	struct page page;

	free(name);
	if (fd < 0)
		return;
	why = copy_load_file(&page, fd, &told);
	close(fd);
	if (why) {
		search->why = search->why ? why : NULL;
	} else if (told.pid == search->pid && is_of_it(&told) &&
		   (search->why || told.date_ns > search->told.date_ns)) {
		page_free(&search->page);
		search->page = page;
		search->told = told;
		search->why = NULL;
	} else {
		page_free(&page);
	}
}

const char *copy_load(struct page *page, pid_t pid, struct copy_told *told)
{
	struct search search = {
		.pid = pid,
		.why = "there is no copy of its statistics page in /dev/shm",
	};

	each_directory(look, &search);
	if (search.why)
		return search.why;
	*page = search.page;
	if (told)
		*told = search.told;
	return NULL;
}

/* ---- those that were left ---- */

struct ended {
	copy_ended *each;
	void *arg;
	bool tidy;
	size_t unread;
};

/* What an orderly end leaves, and what is gone by now, is none. */
static void look_at_left(struct ended *ended, int directory, uid_t uid,
			 const char *name)
{
	struct copy_told told = { .uid = uid };
	struct page page;
	pid_t pid = (pid_t)strtol(name, NULL, 10);
	char *ours = file_name(pid);
	struct proc_state state;
	const char *why;
	int fd;

	fd = strcmp(name, ours) ? -1 : open_file(directory, name, uid);
	free(ours);
	if (fd < 0)
		return;
	why = copy_load_file(&page, fd, &told);
	close(fd);
	if (why == copy_is_empty) {
		if (ended->tidy && !proc_alive(pid, &state))
			unlinkat(directory, name, 0);
	} else if (why) {
		ended->unread++;
	} else {
		if (told.pid == pid && has_ended(&told))
			ended->each(ended->arg, &told, &page);
		page_free(&page);
	}
}

static void look_at_directory(void *arg, int directory, uid_t uid)
{
	int own = fcntl(directory, F_DUPFD_CLOEXEC, 0);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		look_at_left(arg, directory, uid, entry->d_name);
	if (dir)
		closedir(dir);
	else if (own >= 0)
		close(own);
}

size_t copy_each_ended(copy_ended *each, void *arg, bool tidy)
{
	struct ended ended = { .each = each, .arg = arg, .tidy = tidy };

	each_directory(look_at_directory, &ended);
	return ended.unread;
}

int copy_remove(const struct copy_told *told)
{
	char *path = copy_path(told);
	int err = unlink(path) ? -errno : 0;

	free(path);
	return err;
}
