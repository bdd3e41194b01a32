/* SPDX-License-Identifier: MIT */
/*
 * process.c - see process.h.  The symbol is looked up as the dynamic loader
 * does, by the table DT_GNU_HASH of each file.
 */
#define _GNU_SOURCE
#include "process/process.h"

#include "common/util.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEGMENTS_MAX	64u
#define DYNAMIC_MAX	512u
#define CHAIN_MAX	1000u
#define NAME_MAX_LEN	64u
#define PART		4096u	/* of memory: all of it is mapped, or none */

/* Of its map; one that maps faster than we read would have no end. */
#define LINES_MAX	(1u << 20)

/* What the dynamic section of a mapped file says. */
struct object {
	pid_t pid;
	unsigned int *reads;	/* how many more there may be */
	uint64_t bias;		/* from an address in the file to memory */
	uint64_t symbols, strings, hash;
};

bool process_read(void *pid, uint64_t at, void *to, size_t len)
{
	struct iovec here = { to, len };
	struct iovec there = { (void *)(uintptr_t)at, len };

	return process_vm_readv(*(pid_t *)pid, &here, 1, &there, 1, 0) ==
		(ssize_t)len;
}

void process_text(pid_t pid, uint64_t at, char *to, size_t size)
{
	size_t len = 0;

	while (len < size) {
		size_t part = PART - (at + len) % PART;

		part = part < size - len ? part : size - len;
		if (!process_read(&pid, at + len, to + len, part))
			break;
		if (memchr(to + len, '\0', part))
			return;
		len += part;
	}
	to[0] = '\0';
}

static bool get(struct object *o, uint64_t at, void *to, size_t len)
{
	if (!*o->reads)
		return false;
	--*o->reads;
	return process_read(&o->pid, at, to, len);
}

/* ---- the dynamic section ---- */

/* glibc makes the addresses in it absolute, on most machines. */
static uint64_t absolute(const struct object *o, uint64_t address)
{
	return address < o->bias ? address + o->bias : address;
}

static bool read_dynamic(struct object *o, uint64_t at)
{
	for (unsigned int i = 0; i < DYNAMIC_MAX; i++) {
		Elf64_Dyn entry;

		if (!get(o, at + i * sizeof(entry), &entry, sizeof(entry)))
			return false;
		if (entry.d_tag == DT_SYMTAB)
			o->symbols = absolute(o, entry.d_un.d_ptr);
		else if (entry.d_tag == DT_STRTAB)
			o->strings = absolute(o, entry.d_un.d_ptr);
		else if (entry.d_tag == DT_GNU_HASH)
			o->hash = absolute(o, entry.d_un.d_ptr);
		else if (entry.d_tag == DT_NULL)
			break;
	}
	return o->symbols && o->strings && o->hash;
}

/* Is at `start` the start of an ELF file with a dynamic section? */
static bool read_object(struct object *o, uint64_t start)
{
	Elf64_Ehdr head;
	Elf64_Phdr segment;
	uint64_t dynamic = 0;
	bool loaded = false;

	if (!get(o, start, &head, sizeof(head)) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_ident[EI_CLASS] != ELFCLASS64)
		return false;
	for (unsigned int i = 0; i < head.e_phnum && i < SEGMENTS_MAX; i++) {
		if (!get(o, start + head.e_phoff + i * sizeof(segment),
			 &segment, sizeof(segment)))
			return false;
		if (segment.p_type == PT_LOAD && !loaded) {
			loaded = true;
			o->bias = start - segment.p_vaddr;
		} else if (segment.p_type == PT_DYNAMIC) {
			dynamic = segment.p_vaddr;
		}
	}
	return loaded && dynamic && read_dynamic(o, o->bias + dynamic);
}

/* ---- its symbols ---- */

/* Bernstein's hash function, which the table is made with. */
static uint32_t hash_of(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

static bool symbol_is(struct object *o, uint32_t index, const char *name,
		      uint64_t *at)
{
	char text[NAME_MAX_LEN];
	size_t len = strlen(name) + 1;
	Elf64_Sym symbol;

	if (len > sizeof(text) ||
	    !get(o, o->symbols + index * sizeof(symbol), &symbol,
		 sizeof(symbol)) ||
	    !get(o, o->strings + symbol.st_name, text, len) ||
	    memcmp(text, name, len) != 0 || symbol.st_shndx == SHN_UNDEF)
		return false;
	*at = o->bias + symbol.st_value;
	return true;
}

/*
 * The table: number of buckets, first symbol that is in it, words of a
 * filter, its shift; the filter, the buckets with their first symbols, and a
 * hash for each symbol, whose lowest bit marks the last of its bucket.
 */
static bool find_in_object(struct object *o, const char *name, uint64_t *at)
{
	uint32_t head[4], index, h, want = hash_of(name);
	uint64_t buckets, chains;

	if (!get(o, o->hash, head, sizeof(head)) || !head[0])
		return false;
	buckets = o->hash + sizeof(head) + (uint64_t)head[2] * 8;
	chains = buckets + (uint64_t)head[0] * 4;
	if (!get(o, buckets + want % head[0] * 4, &index, sizeof(index)) ||
	    index < head[1])
		return false;
	for (unsigned int i = 0; i < CHAIN_MAX; i++, index++) {
		if (!get(o, chains + (uint64_t)(index - head[1]) * 4, &h,
			 sizeof(h)))
			return false;
		if ((h | 1) == (want | 1) && symbol_is(o, index, name, at))
			return true;
		if (h & 1)
			return false;
	}
	return false;
}

bool process_defines(pid_t pid, unsigned int *reads, uint64_t bias,
		     uint64_t dynamic, const char *name)
{
	struct object o = { .pid = pid, .reads = reads, .bias = bias };
	uint64_t at;

	return read_dynamic(&o, dynamic) && find_in_object(&o, name, &at);
}

/* ---- the process ---- */

/*
 * A mapping of the first page of a file: "from-to r--p 00000000 ... /path".
 * Returns the path, without the newline.
 */
static const char *file_start(char *line, uint64_t *start)
{
	unsigned long from, offset;
	char mode[5];
	char *path = strchr(line, '/');

	if (!path || sscanf(line, "%lx-%*x %4s %lx", &from, mode, &offset) !=
	    3 || mode[0] != 'r' || offset)
		return NULL;
	path[strcspn(path, "\n")] = '\0';
	*start = from;
	return path;
}

/* All that can be said of a file whose memory may not be read. */
static bool has_our_name(const char *path)
{
	return !strncmp(strrchr(path, '/') + 1, "libhakmem.so", 12);
}

/* Whether the object is in the file that is mapped at `start`: 0 or why not. */
static int look_into(pid_t pid, unsigned int *reads, uint64_t start,
		     const char *name, uint64_t *at)
{
	struct object o = { .pid = pid, .reads = reads };
	char byte;

	errno = 0;
	if (!process_read(&pid, start, &byte, 1) && errno == EPERM)
		return -EPERM;
	return read_object(&o, start) && find_in_object(&o, name, at) ? 0 :
		-ENOENT;
}

/* Once a read is refused all are, and names are looked for. */
static int search(FILE *maps, pid_t pid, const char *name,
		  struct process_found *found)
{
	unsigned int reads = PROCESS_READS, lines = LINES_MAX;
	int status = -ENXIO;
	char *line = NULL;
	size_t room = 0;

	while (!found->file && lines-- && getline(&line, &room, maps) >= 0) {
		uint64_t start;
		const char *path = file_start(line, &start);

		if (status == -ENXIO)
			status = -ENOENT;
		if (!path)
			continue;
		if (status != -EPERM)
			status = look_into(pid, &reads, start, name,
					   &found->at);
		if (!status || (status == -EPERM && has_our_name(path)))
			found->file = util_copy(path, strlen(path));
	}
	free(line);
	return status;
}

int process_find(pid_t pid, const char *name, struct process_found *found)
{
	char *path = util_format("/proc/%ld/maps", (long)pid);
	FILE *maps = fopen(path, "re");
	int status;

	free(path);
	*found = (struct process_found){ 0 };
	if (!maps)
		return errno == ENOENT || errno == ESRCH ? -ESRCH : -EACCES;
	status = search(maps, pid, name, found);
	fclose(maps);
	return status;
}

const char *process_why(int status)
{
	switch (status) {
	case 0:
		return NULL;
	case -ENOENT:
		return "libhakmem is not loaded there (hakmem-stat doctor "
			"tells why)";
	case -ENXIO:
		return "it has no memory: it has ended, or is a thread of the "
			"kernel";
	case -ESRCH:
		return "there is no such process";
	default:
		if (!geteuid())
			return "it may not be read: the system does not let "
				"even root look into it";
		return "it may not be read: it is another user's, or the "
			"system allows only root to look into processes "
			"(kernel.yama.ptrace_scope)";
	}
}

const char *process_symbol(pid_t pid, const char *name, uint64_t *at)
{
	struct process_found found;
	int status = process_find(pid, name, &found);

	free(found.file);
	*at = found.at;
	return process_why(status);
}
