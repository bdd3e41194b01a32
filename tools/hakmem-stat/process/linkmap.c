/* SPDX-License-Identifier: MIT */
/*
 * linkmap.c - see linkmap.h.  The way to the list is that of debuggers: the
 * kernel tells where the program's headers are, its dynamic section has
 * DT_DEBUG, which leads to the loader's struct r_debug.
 */
#define _GNU_SOURCE
#include "process/linkmap.h"

#include "process/proc.h"
#include "process/process.h"

#include <elf.h>
#include <limits.h>
#include <link.h>
#include <stddef.h>

#define SEGMENTS_MAX	64u
#define DYNAMIC_MAX	512u
#define OBJECTS_MAX	4096u

static uint64_t address(const void *p)
{
	return (uintptr_t)p;
}

/* The program's dynamic section, and what its addresses are moved by. */
static bool find_dynamic(pid_t pid, uint64_t *dynamic)
{
	uint64_t at, count, bias = 0;
	Elf64_Phdr segment;

	*dynamic = 0;
	if (!proc_auxv(pid, AT_PHDR, &at) || !proc_auxv(pid, AT_PHNUM, &count))
		return false;
	for (uint64_t i = 0; i < count && i < SEGMENTS_MAX; i++) {
		if (!process_read(&pid, at + i * sizeof(segment), &segment,
				  sizeof(segment)))
			return false;
		if (segment.p_type == PT_PHDR)
			bias = at - segment.p_vaddr;
		else if (segment.p_type == PT_DYNAMIC)
			*dynamic = segment.p_vaddr;
	}
	if (!*dynamic)
		return false;
	*dynamic += bias;
	return true;
}

/* The first entry of the list. */
static bool find_list(pid_t pid, uint64_t *list)
{
	uint64_t dynamic, debug = 0;
	struct r_debug head;
	Elf64_Dyn entry = { .d_tag = DT_DEBUG };

	if (!find_dynamic(pid, &dynamic))
		return false;
	for (unsigned int i = 0; i < DYNAMIC_MAX && !debug; i++) {
		if (!process_read(&pid, dynamic + i * sizeof(entry), &entry,
				  sizeof(entry)) || entry.d_tag == DT_NULL)
			return false;
		if (entry.d_tag == DT_DEBUG)
			debug = entry.d_un.d_ptr;
	}
	if (!debug || !process_read(&pid, debug, &head, sizeof(head)))
		return false;
	*list = address(head.r_map);
	return *list;
}

bool linkmap_each(pid_t pid, linkmap_tell *tell, void *arg)
{
	unsigned int reads = PROCESS_READS;
	char name[PATH_MAX];
	struct link_map map;
	uint64_t at;

	if (!find_list(pid, &at))
		return false;
	for (unsigned int i = 0; i < OBJECTS_MAX && at; i++) {
		struct linkmap_object object = { .name = name };
		uint64_t dynamic;

		if (!process_read(&pid, at, &map, sizeof(map)))
			break;
		dynamic = address(map.l_ld);
		process_text(pid, address(map.l_name), name, sizeof(name));
		object.has_malloc = process_defines(pid, &reads, map.l_addr,
						    dynamic, "malloc");
		object.is_ours = process_defines(pid, &reads, map.l_addr,
						 dynamic, PROCESS_PAGE);
		if (!tell(arg, &object))
			break;
		at = address(map.l_next);
	}
	return true;
}
