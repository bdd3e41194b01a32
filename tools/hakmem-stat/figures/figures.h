/* SPDX-License-Identifier: MIT */
/*
 * figures.h - numbers of a process at one moment, by their names: one for
 * each value of its statistics page, and some of the kernel's.
 */
#ifndef STAT_FIGURES_H
#define STAT_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct figure {
	char *name;
	bool is_counter;	/* it only grows; else up and down */
	uint64_t value;
};

struct figures {
	struct figure *items;
	size_t count;
};

/*
 * Whether a value of that name is one of them.  Options and what size classes
 * are do not change by themselves, and are none; nor is any other word than
 * those that figures have: letters, digits and "_".
 */
bool figures_have(const char *name);

/* Adds one; the first of a name is the one that stays. */
void figures_add(struct figures *figures, const char *name, bool is_counter,
		 uint64_t value);

/* The one of that name, or NULL. */
const struct figure *figures_find(const struct figures *figures,
				  const char *name);

/* Of what can be told in bytes, the name says so. */
bool figures_are_bytes(const char *name);

void figures_free(struct figures *figures);

#endif /* STAT_FIGURES_H */
