/* SPDX-License-Identifier: MIT */
/*
 * maps.c - see maps.h.
 *
 *   start-end perms offset device inode      file
 *   7f12c0000000-7f12c0021000 r-xp 00001000 08:01 131 /usr/lib/libx.so.1
 */
#include "os/maps.h"

#include "os/os.h"

#include <elf.h>
#include <string.h>

struct search {
	uintptr_t address;
	uintptr_t base;		/* where the file's first mapping is */
	struct hk_place *place;
};

static const char *hex(const char *s, uintptr_t *n)
{
	*n = 0;
	for (;; s++) {
		if (*s >= '0' && *s <= '9')
			*n = *n * 16 + (uintptr_t)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			*n = *n * 16 + (uintptr_t)(*s - 'a' + 10);
		else
			return s;
	}
}

/* Past `n` words and the blanks behind them. */
static const char *skip(const char *s, int n)
{
	while (n--) {
		s += strcspn(s, " ");
		s += strspn(s, " ");
	}
	return s;
}

static void keep_name(struct hk_place *place, const char *name)
{
	size_t len = strlen(name);

	if (len >= sizeof(place->file))
		name += len - (sizeof(place->file) - 1);
	memcpy(place->file, name, strlen(name) + 1);
}

/* A program that is not relocatable has its addresses as they are. */
static bool is_fixed(uintptr_t base)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)base;

	return hk_os_readable(header) && !memcmp(header, ELFMAG, SELFMAG) &&
		header->e_type == ET_EXEC;
}

/*
 * The mappings of a file come one after the other, the one of its start
 * first: the image's addresses count from there.
 */
static bool look(const char *line, void *arg)
{
	struct search *search = arg;
	uintptr_t start, end, offset;
	const char *rest = hex(line, &start);

	rest = hex(rest + (*rest == '-'), &end);
	rest = skip(rest, 1);
	hex(skip(rest, 1), &offset);
	if (!offset)
		search->base = start;
	if (search->address < start || search->address >= end)
		return false;
	keep_name(search->place, skip(rest, 4));
	search->place->offset = search->address -
		(is_fixed(search->base) ? 0 : search->base);
	return true;
}

bool hk_maps_find(uintptr_t address, struct hk_place *place)
{
	struct search search = { .address = address, .place = place };
	char buf[512];

	return hk_os_each_line("/proc/self/maps", buf, sizeof(buf), look,
			       &search) && place->file[0] == '/';
}
