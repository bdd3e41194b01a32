/* SPDX-License-Identifier: MIT */
/*
 * options.c - see options.h.
 */
#define _GNU_SOURCE
#include "figures/options.h"

#include "common/util.h"

#include "policy/option.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- values ---- */

static char *text_of(struct hk_line *line)
{
	return util_copy(line->text, line->len);
}

char *options_value(enum hk_option_id id, size_t value)
{
	struct hk_line line = { 0 };

	if (id < HK_FIRST_TEXT)
		hk_option_put(&line, id, value);
	return text_of(&line);
}

char *options_value_said(enum hk_option_id id, uint64_t n)
{
	if (id >= HK_FIRST_TEXT || n < hk_option[id].least ||
	    n > hk_option[id].most)
		return NULL;
	return options_value(id, (size_t)n);
}

char *options_value_of(const struct hk_policy *policy, enum hk_option_id id)
{
	struct hk_line line = { 0 };

	hk_option_put_of(&line, policy, id);
	return text_of(&line);
}

const struct page_value *options_on_page(const struct page *page,
					 const char *name)
{
	char *full = util_format(OPTIONS_PREFIX "%s", name);
	const struct page_value *value = page_find(page, full);

	free(full);
	return value;
}

bool options_is_share(const char *name)
{
	size_t prefix = strlen(OPTIONS_PREFIX);

	if (strncmp(name, OPTIONS_PREFIX, prefix) != 0)
		return false;
	for (int i = 0; i < HK_OPTIONS; i++)
		if (hk_option[i].type == HK_PERCENT &&
		    !strcmp(hk_option[i].name, name + prefix))
			return true;
	return false;
}

/* ---- presets ---- */

static const char *const presets[] = {
	"balanced", "speed-first", "hardened", NULL
};

const char *options_preset_word(uint64_t value)
{
	return value < HK_PRESETS ? presets[value] : "?";
}

const char *options_preset(const char *name)
{
	const char *nearest = util_nearest(name, presets);
	size_t preset;

	if (!hk_option_parse(HK_OPT_PRESET, hk_span_of(name), &preset))
		return name;
	util_die(util_trouble, "unknown preset '%s'%s%s%s: balanced, "
		 "speed-first or hardened", name,
		 nearest ? "; did you mean '" : "", nearest ? nearest : "",
		 nearest ? "'?" : "");
}

/* ---- rows ---- */

static const char *const types[] = {
	[HK_BOOL] = "bool", [HK_SIZE] = "size", [HK_PERCENT] = "percent",
	[HK_MS] = "ms", [HK_NUMBER] = "number", [HK_ENUM] = "enum",
	[HK_TEXT] = "string",
};

#define X(id, name, type, unit, changes, least, most, b, s, h, words, help) \
	{ unit, help },
static const struct {
	const char *unit;
	const char *help;
} described[HK_OPTIONS] = { HK_OPTION_TABLE(X) };
#undef X

static char *range_of(const struct hk_option *o, const char *least,
		      const char *most)
{
	if (o->type == HK_TEXT)
		return util_format("%zu bytes", o->most);
	if (o->type == HK_ENUM)
		return util_copy(o->words, strlen(o->words));
	return util_format("%s to %s", least, most);
}

void options_fill(struct option_row *row, const struct hk_policy *policy,
		 enum hk_option_id id)
{
	const struct hk_option *o = &hk_option[id];

	row->name = o->name;
	row->type = types[o->type];
	row->unit = described[id].unit;
	row->help = described[id].help;
	row->changes = o->changes;
	row->chosen = hk_option_chosen(policy, id);
	row->value = options_value_of(policy, id);
	for (size_t i = 0; i < OPTION_PRESETS; i++)
		row->preset[i] = options_value(id, o->preset[i]);
	row->least = options_value(id, o->least);
	row->most = options_value(id, o->most);
	row->range = range_of(o, row->least, row->most);
}

static_assert(OPTION_PRESETS == (int)HK_PRESETS, "as the library has them");

void options_release(struct option_row *row)
{
	free(row->value);
	for (size_t i = 0; i < OPTION_PRESETS; i++)
		free(row->preset[i]);
	free(row->least);
	free(row->most);
	free(row->range);
}
