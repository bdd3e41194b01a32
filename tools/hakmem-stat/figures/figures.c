/* SPDX-License-Identifier: MIT */
/*
 * figures.c - see figures.h.
 */
#include "figures/figures.h"

#include "common/util.h"
#include "figures/osline.h"
#include "process/page.h"

#include <stdlib.h>
#include <string.h>

static bool starts_with(const char *name, const char *start)
{
	return !strncmp(name, start, strlen(start));
}

/* They have another meaning in recordings. */
static bool is_reserved(const char *name)
{
	static const char *const names[] = {
		"schema", "pid", "page_pid", "abi", "start_ns", "time_ns",
		"elapsed_ns", "interval_ns",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

bool figures_have(const char *name)
{
	return page_is_name(name) && !is_reserved(name) &&
		!starts_with(name, "option_") && !starts_with(name, "class_");
}

bool figures_are_bytes(const char *name)
{
	return osline_is_bytes(name);
}

const struct figure *figures_find(const struct figures *figures,
				  const char *name)
{
	for (size_t i = 0; i < figures->count; i++)
		if (!strcmp(figures->items[i].name, name))
			return &figures->items[i];
	return NULL;
}

void figures_add(struct figures *figures, const char *name, bool is_counter,
		 uint64_t value)
{
	if (figures_find(figures, name))
		return;
	figures->items = util_resize(figures->items, figures->count + 1,
				     sizeof(*figures->items));
	figures->items[figures->count++] = (struct figure){
		.name = util_copy(name, strlen(name)),
		.is_counter = is_counter,
		.value = value,
	};
}

void figures_free(struct figures *figures)
{
	for (size_t i = 0; i < figures->count; i++)
		free(figures->items[i].name);
	free(figures->items);
	*figures = (struct figures){ 0 };
}
