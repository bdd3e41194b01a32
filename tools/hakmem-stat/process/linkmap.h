/* SPDX-License-Identifier: MIT */
/*
 * linkmap.h - the program and the libraries of a process in the order in
 * which the dynamic loader looks for symbols: the first that defines malloc
 * is what serves it.
 *
 * The list is in the process's memory and may hold anything: what is read of
 * it is bounded.
 */
#ifndef STAT_LINKMAP_H
#define STAT_LINKMAP_H

#include <stdbool.h>
#include <sys/types.h>

struct linkmap_object {
	const char *name;	/* "" for the program itself */
	bool is_ours;		/* it has the library's statistics page */
	bool has_malloc;
};

/* Called with one after the other, until it returns false. */
typedef bool linkmap_tell(void *arg, const struct linkmap_object *object);

/*
 * Returns false where there is no such list: the process may not be read, is
 * statically linked, or is of 32 bits.
 */
bool linkmap_each(pid_t pid, linkmap_tell *tell, void *arg);

#endif /* STAT_LINKMAP_H */
