/* SPDX-License-Identifier: MIT */
/*
 * explained.c - see explained.h.
 *
 * The kernel says of each mapping how much of it is resident, and of each page
 * whether it is; the library, what a page of its own is used for.  A mapping
 * may hold the library's pages and others, as the kernel joins neighbours:
 * what is resident in it beyond ours is others'.
 *
 * The process is not stopped, and the zero page counts as a page in one of
 * the kernel's files and not in the other.  So a row has what is left over,
 * which may be negative; where it is much, all is done again.
 */
#define _GNU_SOURCE
#include "figures/explained.h"

#include "common/util.h"
#include "process/heapmap.h"
#include "process/proc.h"
#include "process/process.h"
#include "process/resident.h"
#include "process/smaps.h"

#include "slab/class.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLASSES_MAX	256u
#define TRIES		3

/* Of a mapping, what is the library's. */
struct ours {
	uint64_t resident;
	uint64_t covered;	/* addresses */
};

struct look {
	pid_t pid;
	uint64_t page_at;
	char *library;		/* its file; "" where it is the program */
	struct page page;
	struct smaps smaps;
	struct ours *ours;	/* for each mapping */
	uint64_t *stacks;	/* addresses in stacks of threads */
	size_t stack_count;
	struct resident resident;
	/* Resident bytes of blocks that are not in their slab, by class. */
	uint64_t small_out[CLASSES_MAX], medium_out[CLASSES_MAX];
	uint64_t robbed;	/* bytes of the first */
	uint64_t clean;
	struct explained *to;
};

/* ---- the library's memory ---- */

/*
 * How much of [from, to) is resident, by the mappings that there were; as
 * ours in each of them.
 */
static uint64_t claim(struct look *l, uint64_t from, uint64_t to)
{
	uint64_t bytes = 0;

	for (size_t i = smaps_find(&l->smaps, from); i < l->smaps.count; i++) {
		const struct smaps_mapping *m = &l->smaps.items[i];
		uint64_t start = m->start > from ? m->start : from;
		uint64_t end = m->end < to ? m->end : to;
		uint64_t n;

		if (start >= end || l->resident.spent)
			break;
		/* One piece may have many mappings, and so may all. */
		resident_spend(&l->resident, 1);
		n = m->rss ? resident_of(&l->resident, start, end) : 0;
		l->ours[i].resident += n;
		l->ours[i].covered += end - start;
		bytes += n;
	}
	return bytes;
}

/* The part that `n` of `of` have. */
static uint64_t part(uint64_t bytes, uint64_t n, uint64_t of)
{
	if (n >= of)
		return bytes;
	return (uint64_t)((double)bytes * (double)n / (double)of);
}

static void add(struct look *l, enum explained_row row, uint64_t bytes)
{
	l->to->bytes[row] += (int64_t)bytes;
}

/* At most what a row has. */
static uint64_t take(struct look *l, enum explained_row row, uint64_t most)
{
	uint64_t have = (uint64_t)l->to->bytes[row];
	uint64_t bytes = have < most ? have : most;

	l->to->bytes[row] -= (int64_t)bytes;
	return bytes;
}

static void add_small(struct look *l, const struct heapmap_piece *piece,
		      uint64_t bytes)
{
	uint64_t out = part(bytes, piece->out, piece->made);

	l->small_out[piece->class] += out;
	l->robbed += part(out, piece->robbed, piece->out);
	add(l, EXPLAINED_SLAB_FREE, bytes - out);
}

static void add_piece(void *arg, const struct heapmap_piece *piece)
{
	static const enum explained_row rows[] = {
		[HEAPMAP_LIVE] = EXPLAINED_LIVE,
		[HEAPMAP_KEPT] = EXPLAINED_CACHED,
		[HEAPMAP_FREE] = EXPLAINED_SLAB_FREE,
		[HEAPMAP_UNUSED] = EXPLAINED_UNUSED,
		[HEAPMAP_EMPTY] = EXPLAINED_EMPTY_SLABS,
		[HEAPMAP_DIRTY] = EXPLAINED_DIRTY,
		[HEAPMAP_GUARD] = EXPLAINED_GUARDED,
		[HEAPMAP_META] = EXPLAINED_METADATA,
	};
	struct look *l = arg;
	uint64_t bytes = claim(l, piece->start, piece->end);

	switch (piece->kind) {
	case HEAPMAP_SMALL:
		add_small(l, piece, bytes);
		break;
	case HEAPMAP_OUT:
		l->medium_out[piece->class] += bytes;
		break;
	case HEAPMAP_CLEAN:
		l->clean += bytes;
		break;
	default:
		add(l, rows[piece->kind], bytes);
		break;
	}
}

/*
 * Nobody records how much was asked for.  If all multiples of eight that a
 * class serves are asked for equally often, so much of a block is too much.
 * Of blocks above 32 KiB pages behind their end are never touched.
 */
static uint64_t rounding(const struct look *l, size_t class, uint64_t bytes)
{
	const struct page_value *sizes = page_find(&l->page, "class_size");
	uint64_t size = sizes->elements[class];
	uint64_t step = size - (class ? sizes->elements[class - 1] : 0);

	if (step > size || step < 8)
		return 0;
	if (size > HK_LONG_MAX)
		step = l->resident.page_size;
	return part(bytes, (step - 8) / 2, size);
}

static void add_live(struct look *l, size_t class, uint64_t bytes)
{
	uint64_t waste = rounding(l, class, bytes);

	add(l, EXPLAINED_ROUNDING, waste);
	add(l, EXPLAINED_LIVE, bytes - waste);
}

/* Blocks that are out are with the program, or with heaps and under way. */
static void split_small(struct look *l)
{
	uint64_t out = 0, cached = l->robbed +
		page_sum(&l->page, "chain_bytes") +
		page_sum(&l->page, "inbox_bytes");

	for (size_t c = 0; c < CLASSES_MAX; c++)
		out += l->small_out[c];
	if (cached > out)
		cached = out;
	add(l, EXPLAINED_CACHED, cached);
	for (size_t c = 0; c < CLASSES_MAX && out; c++) {
		/* What is left of both, so that the parts add up. */
		uint64_t bytes = l->small_out[c];
		uint64_t kept = part(bytes, cached, out);

		if (kept > cached)
			kept = cached;
		if (bytes)
			add_live(l, c, bytes - kept);
		cached -= kept;
		out -= bytes;
	}
}

static void split_medium(struct look *l)
{
	const struct page_value *all = page_find(&l->page, "medium_out");
	const struct page_value *kept = page_find(&l->page,
						  "magazine_blocks");

	for (size_t c = 0; c < CLASSES_MAX; c++) {
		uint64_t bytes = l->medium_out[c];
		uint64_t n = page_element(kept, c), cached;

		if (!bytes)
			continue;
		cached = n ? part(bytes, n, page_element(all, c)) : 0;
		add(l, EXPLAINED_CACHED, cached);
		add_live(l, c, bytes - cached);
	}
}

/* Of free memory, what the kernel may take; it tells of whole mappings. */
static void split_lazy(struct look *l, uint64_t lazy)
{
	static const enum explained_row rows[] = {
		EXPLAINED_DIRTY, EXPLAINED_SLAB_FREE, EXPLAINED_CACHED,
		EXPLAINED_UNUSED, EXPLAINED_LIVE,
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t bytes = take(l, rows[i], lazy);

		add(l, EXPLAINED_LAZY_FREE, bytes);
		lazy -= bytes;
	}
}

/* ---- what is not ours ---- */

static bool is_stack(const struct look *l, const struct smaps_mapping *m)
{
	size_t low = 0, high = l->stack_count;

	if (!strcmp(m->name, "[stack]"))
		return true;
	/* The first one that is not below it; they are in order. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (l->stacks[middle] >= m->start)
			high = middle;
		else
			low = middle + 1;
	}
	return low < l->stack_count && l->stacks[low] < m->end &&
		!m->is_file;
}

/* The kernel gives no name to the zeroed part of a file's data. */
static const struct smaps_mapping *file_of(const struct look *l, size_t i)
{
	const struct smaps_mapping *m = &l->smaps.items[i];

	if (!m->is_file && !*m->name && i && m[-1].is_file &&
	    m[-1].end == m->start)
		m--;
	return m->is_file ? m : NULL;
}

static enum explained_row row_of(const struct look *l, size_t i)
{
	const struct smaps_mapping *file = file_of(l, i);

	if (is_stack(l, &l->smaps.items[i]))
		return EXPLAINED_STACKS;
	if (!file)
		return EXPLAINED_OTHER;
	return *l->library && !strcmp(file->name, l->library) ?
		EXPLAINED_LIBRARY : EXPLAINED_FILES;
}

/* Returns what of the mapping is ours and given up. */
static uint64_t add_mapping(struct look *l, size_t i)
{
	const struct smaps_mapping *m = &l->smaps.items[i];
	const struct ours *ours = &l->ours[i];
	uint64_t bytes = util_less(m->rss, ours->resident);
	uint64_t room = util_less(m->end - m->start, ours->covered);
	uint64_t our_lazy = m->lazy < ours->resident ? m->lazy :
		ours->resident;
	uint64_t lazy = m->lazy - our_lazy;

	/* More than fits has become so since, and is ours. */
	if (bytes > room)
		bytes = room;
	if (lazy > bytes)
		lazy = bytes;
	add(l, EXPLAINED_OTHER_LAZY, lazy);
	add(l, row_of(l, i), bytes - lazy);
	return our_lazy;
}

/* ---- looking ---- */

/*
 * "NUMBER ARGUMENTS... SP PC" of a thread that waits in the kernel; a thread
 * that runs has nothing there.
 */
static bool stack_pointer(const char *text, uint64_t *sp)
{
	const char *pc = strrchr(text, ' '), *word = pc;

	if (!pc)
		return false;
	while (word > text && word[-1] != ' ')
		word--;
	return sscanf(word, "%" SCNx64, sp) == 1;
}

static int by_address(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void read_stacks(struct look *l)
{
	char *path = util_format("/proc/%ld/task", (long)l->pid);
	DIR *dir = opendir(path);
	struct dirent *entry;

	free(path);
	while (dir && (entry = readdir(dir))) {
		char *what = util_format("task/%s/syscall", entry->d_name);
		char *text = *entry->d_name == '.' ? NULL :
			proc_read(l->pid, what);
		uint64_t sp;

		if (text && stack_pointer(text, &sp)) {
			l->stacks = util_resize(l->stacks, l->stack_count + 1,
						sizeof(sp));
			l->stacks[l->stack_count++] = sp;
		}
		free(text);
		free(what);
	}
	if (dir)
		closedir(dir);
	if (l->stack_count)
		qsort(l->stacks, l->stack_count, sizeof(*l->stacks),
		      by_address);
}

static const char *read_smaps(struct look *l)
{
	FILE *in = proc_open(l->pid, "smaps");
	bool all;

	if (!in)
		return "its mappings cannot be read";
	all = smaps_read(&l->smaps, in);
	fclose(in);
	if (!all)
		return "it has more than a million mappings, or makes them "
			"faster than they can be read";
	l->ours = util_resize(NULL, l->smaps.count, sizeof(*l->ours));
	memset(l->ours, 0, l->smaps.count * sizeof(*l->ours));
	return l->smaps.count ? NULL : "its mappings cannot be read";
}

/* The kernel's sum: exact, where VmRSS of older kernels is not. */
static uint64_t kernel_rss(pid_t pid)
{
	char *text = proc_read(pid, "smaps_rollup");
	const char *rss = text ? strstr(text, "\nRss:") : NULL;
	struct proc_state state = { 0 };
	unsigned long long kib;

	if (rss && sscanf(rss, "\nRss: %llu", &kib) == 1)
		state.rss = kib << 10;
	else
		proc_state(pid, &state);
	free(text);
	return state.rss;
}

/* The file of the library, unless it is part of the program. */
static char *library_file(pid_t pid, char *file)
{
	char *path = util_format("/proc/%ld/exe", (long)pid);
	char program[4096];
	ssize_t len = readlink(path, program, sizeof(program));

	free(path);
	if (len < 0 || (strlen(file) == (size_t)len &&
			!memcmp(file, program, (size_t)len)))
		*file = '\0';
	return file;
}

static void sum_up(struct look *l)
{
	struct explained *to = l->to;
	uint64_t lazy = 0, given;
	int64_t known = 0;

	split_small(l);
	split_medium(l);
	for (size_t i = 0; i < l->smaps.count; i++) {
		to->total += l->smaps.items[i].rss;
		lazy += add_mapping(l, i);
	}
	/* What was given back and is resident all the same. */
	add(l, EXPLAINED_UNUSED, l->clean);
	given = take(l, EXPLAINED_UNUSED, lazy < l->clean ? lazy : l->clean);
	add(l, EXPLAINED_LAZY_FREE, given);
	split_lazy(l, lazy - given);
	for (int i = 0; i < EXPLAINED_CHANGED; i++)
		known += to->bytes[i];
	to->bytes[EXPLAINED_CHANGED] = (int64_t)to->total - known;
}

/* Once; NULL or why not. */
static const char *look(struct look *l)
{
	const char *why = page_load(&l->page, process_read, &l->pid,
				    l->page_at);

	if (why)
		return why;
	read_stacks(l);
	why = read_smaps(l);
	if (why)
		return why;
	resident_again(&l->resident);
	why = heapmap_each(l->pid, &l->page, &l->resident, add_piece, l);
	if (!why)
		sum_up(l);
	return why;
}

static void look_ends(struct look *l)
{
	page_free(&l->page);
	smaps_free(&l->smaps);
	free(l->ours);
	free(l->stacks);
}

/* Once more where the process did much meanwhile. */
static const char *look_well(struct explained *to, struct look *start)
{
	const char *why = NULL;

	for (int i = 0; i < TRIES; i++) {
		struct look l = *start;

		memset(to->bytes, 0, sizeof(to->bytes));
		to->total = 0;
		why = look(&l);
		look_ends(&l);
		to->rss = kernel_rss(to->pid);
		if (why || explained_agrees(to))
			break;
	}
	if (!why && !to->rss)
		why = "it has ended";
	return why;
}

const char *explained_read(struct explained *to, pid_t pid)
{
	struct look start = { .pid = pid, .to = to };
	struct process_found found;
	const char *why = process_why(process_find(pid, PROCESS_PAGE, &found));

	*to = (struct explained){ .pid = pid };
	if (!why && resident_open(&start.resident, pid))
		why = "its pages cannot be read (/proc/PID/pagemap)";
	if (!why) {
		start.page_at = found.at;
		start.library = library_file(pid, found.file);
		why = look_well(to, &start);
		resident_close(&start.resident);
	}
	free(found.file);
	if (why)
		return why;
	to->command = proc_name(pid, "comm");
	container_read(&to->container, pid);
	return NULL;
}

void explained_free(struct explained *explained)
{
	free(explained->command);
	container_free(&explained->container);
}
