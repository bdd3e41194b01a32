/* SPDX-License-Identifier: MIT */
/*
 * conf.c - see conf.h.  All pairs of all sources are gone through twice:
 * once for the preset, once for everything else.
 */
#include "policy/conf.h"

#include "policy/option.h"

#include <string.h>

/* The variables, in the order in which they are read. */
enum variable {
	V_CONF, V_PROFILE, V_OS_STATS, V_LEAN, V_DECOMMIT, V_TARGET,
	V_FORCE_LIBC, V_STATS_FILE, V_QUIET, VARIABLES
};

#define PREFIX	"HAKMEM_"

/* Behind the prefix; and the option that the whole value is for. */
static const struct {
	char name[24];
	uint8_t option;
} variable[VARIABLES] = {
	[V_CONF] = { "CONF", HK_OPTIONS },
	[V_PROFILE] = { "PROFILE", HK_OPT_PRESET },
	[V_OS_STATS] = { "SS_OS_STATS", HK_OPT_OS_STATS },
	[V_LEAN] = { "SS_MEM_LEAN", HK_OPT_LEAN },
	[V_DECOMMIT] = { "SS_MEM_LEAN_DECOMMIT", HK_OPT_DECOMMIT },
	[V_TARGET] = { "SS_MEM_LEAN_TARGET_MB", HK_OPT_LEAN_TARGET },
	[V_FORCE_LIBC] = { "FORCE_LIBC_ALLOC", HK_OPT_FORCE_LIBC },
	[V_STATS_FILE] = { "STATS_FILE", HK_OPT_STATS_FILE },
	[V_QUIET] = { "QUIET", HK_OPTIONS },
};

/* Older names of presets, in HAKMEM_PROFILE only. */
static const char profiles[] =
	"MIXED_TINYV3_C7_BALANCED|MIXED_TINYV3_C7_SAFE|C6_HEAVY_LEGACY_POOLV1";
static const uint8_t profile_preset[] = {
	HK_BALANCED, HK_SPEED_FIRST, HK_BALANCED
};

struct reader {
	struct hk_conf *conf;
	const char *value[VARIABLES];	/* NULL or empty: not set */
	bool presets;			/* which of the two passes */
	size_t preset;
	const char *source;		/* where the pair at hand stands */
	unsigned int number;		/* its line; 0: it has none */
	char name[sizeof(PREFIX) + sizeof(variable[0].name)];
};

/* ---- problems ---- */

bool hk_conf_problem(struct hk_conf *conf, struct hk_line *line,
		     const char *source, unsigned int number)
{
	conf->problems++;
	if (!conf->tell || conf->policy->quiet ||
	    conf->problems > HK_CONF_TOLD)
		return false;
	line->len = 0;
	hk_line_str(line, "hakmem: ");
	hk_line_str(line, source);
	if (number) {
		hk_line_str(line, ":");
		hk_line_num(line, number);
	}
	hk_line_str(line, ": ");
	return true;
}

static void tell_rest(const struct hk_conf *conf)
{
	struct hk_line line = { 0 };

	if (!conf->tell || conf->policy->quiet ||
	    conf->problems <= HK_CONF_TOLD)
		return;
	hk_line_str(&line, "hakmem: more mistakes, not told: ");
	hk_line_num(&line, conf->problems - HK_CONF_TOLD);
	conf->tell(&line);
}

/* Somebody else's text: not too much of it, and no control characters. */
static void put_quoted(struct hk_line *line, struct hk_span text)
{
	char c[2] = { 0 };

	hk_line_str(line, "'");
	for (size_t i = 0; i < text.len && i < 60; i++) {
		c[0] = text.at[i];
		hk_line_str(line, c[0] >= ' ' && c[0] <= '~' ? c : "?");
	}
	hk_line_str(line, "'");
}

static void unknown_key(struct reader *r, struct hk_span key)
{
	int nearest = hk_option_nearest(key);
	struct hk_line line;

	if (!hk_conf_problem(r->conf, &line, r->source, r->number))
		return;
	hk_line_str(&line, "unknown key ");
	put_quoted(&line, key);
	if (nearest >= 0) {
		hk_line_str(&line, "; did you mean '");
		hk_line_str(&line, hk_option[nearest].name);
		hk_line_str(&line, "'?");
	}
	r->conf->tell(&line);
}

static void put_expected(struct hk_line *line, enum hk_option_id id)
{
	const struct hk_option *o = &hk_option[id];

	hk_line_str(line, ": ");
	if (o->type == HK_ENUM) {
		hk_line_str(line, o->words);
	} else if (o->type == HK_TEXT) {
		hk_line_str(line, "at most ");
		hk_line_num(line, o->most);
		hk_line_str(line, " bytes");
	} else {
		hk_option_put(line, id, o->least);
		hk_line_str(line, o->type == HK_BOOL ? " or " : " to ");
		hk_option_put(line, id, o->most);
	}
	hk_line_str(line, " expected");
}

static void bad_value(struct reader *r, enum hk_option_id id,
		      struct hk_span value)
{
	struct hk_line line;

	if (!hk_conf_problem(r->conf, &line, r->source, r->number))
		return;
	hk_line_str(&line, hk_option[id].name);
	hk_line_str(&line, " cannot be ");
	put_quoted(&line, value);
	put_expected(&line, id);
	r->conf->tell(&line);
}

static void no_pair(struct reader *r, struct hk_span text)
{
	struct hk_line line;

	if (r->presets ||
	    !hk_conf_problem(r->conf, &line, r->source, r->number))
		return;
	put_quoted(&line, text);
	hk_line_str(&line, " is not 'key = value'");
	r->conf->tell(&line);
}

/* ---- pairs ---- */

static void read_preset(struct reader *r, struct hk_span value)
{
	size_t preset;

	if (!hk_option_parse(HK_OPT_PRESET, value, &preset))
		r->preset = preset;
	else
		bad_value(r, HK_OPT_PRESET, value);
}

/* Each option is looked at in one of the passes. */
static void read_option(struct reader *r, enum hk_option_id id,
			struct hk_span value)
{
	if (r->presets != (id == HK_OPT_PRESET))
		return;
	if (r->presets)
		read_preset(r, value);
	else if (hk_option_assign(r->conf->policy, id, value))
		bad_value(r, id, value);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct hk_span trim(struct hk_span s)
{
	while (s.len && is_blank(s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* What stands before the first `c`; all of it where there is none. */
static struct hk_span until(struct hk_span s, char c)
{
	const char *at = memchr(s.at, c, s.len);

	if (at)
		s.len = (size_t)(at - s.at);
	return s;
}

static void read_pair(struct reader *r, struct hk_span text)
{
	struct hk_span key, value;
	int id;

	text = trim(text);
	if (!text.len)
		return;
	key = until(text, '=');
	if (key.len == text.len) {
		no_pair(r, text);
		return;
	}
	value = (struct hk_span){ key.at + key.len + 1,
				  text.len - key.len - 1 };
	key = trim(key);
	id = hk_option_find(key);
	if (id >= 0)
		read_option(r, (enum hk_option_id)id, trim(value));
	else if (!r->presets)
		unknown_key(r, key);
}

/* Pairs with `end` between them; comments where there are lines. */
static void read_pairs(struct reader *r, struct hk_span all, char end)
{
	for (;;) {
		struct hk_span pair = until(all, end);
		size_t taken = pair.len + 1;

		if (end == '\n') {
			r->number++;
			pair = until(pair, '#');
		}
		read_pair(r, pair);
		if (taken > all.len)
			return;
		all.at += taken;
		all.len -= taken;
	}
}

/* ---- variables ---- */

/* The first of several with one name counts, as with getenv(3). */
static void find_variables(struct reader *r)
{
	const size_t prefix = sizeof(PREFIX) - 1;

	for (const char *const *env = r->conf->env; env && *env; env++) {
		if (strncmp(*env, PREFIX, prefix) != 0)
			continue;
		for (size_t i = 0; i < VARIABLES; i++) {
			size_t len = strlen(variable[i].name);
			const char *rest = *env + prefix;

			if (!r->value[i] &&
			    !strncmp(rest, variable[i].name, len) &&
			    rest[len] == '=')
				r->value[i] = rest + len + 1;
		}
	}
}

static bool is_set(const struct reader *r, enum variable v)
{
	return r->value[v] && *r->value[v];
}

static void read_profile(struct reader *r, struct hk_span value)
{
	int i = hk_span_among(value, profiles);

	if (i < 0)
		read_option(r, HK_OPT_PRESET, value);
	else if (r->presets)
		r->preset = profile_preset[i];
}

/* Megabytes, without a unit. */
static void read_target(struct reader *r, struct hk_span value)
{
	char text[16];
	struct hk_span with_unit = { text, value.len + 1 };
	size_t n;

	if (value.len && value.len < sizeof(text) &&
	    value.at[value.len - 1] <= '9') {
		memcpy(text, value.at, value.len);
		text[value.len] = 'M';
		if (!hk_option_parse(HK_OPT_LEAN_TARGET, with_unit, &n)) {
			read_option(r, HK_OPT_LEAN_TARGET, with_unit);
			return;
		}
	}
	if (!r->presets)
		bad_value(r, HK_OPT_LEAN_TARGET, value);
}

/*
 * Lean mode by its variable gives back by "free" unless something else was
 * chosen; the variable for how counts in lean mode only.
 */
static void read_lean(struct reader *r)
{
	struct hk_policy *policy = r->conf->policy;
	bool lean = atomic_load_explicit(&policy->value[HK_OPT_LEAN],
					 memory_order_relaxed);
	bool set = is_set(r, V_DECOMMIT);
	struct hk_span how = hk_span_of(set ? r->value[V_DECOMMIT] : "");
	size_t value;

	if (r->presets)
		return;
	if (set && hk_option_parse(HK_OPT_DECOMMIT, how, &value)) {
		bad_value(r, HK_OPT_DECOMMIT, how);
		set = false;
	}
	if (!lean)
		return;
	if (set)
		read_option(r, HK_OPT_DECOMMIT, how);
	else if (is_set(r, V_LEAN) &&
		 !(policy->chosen >> HK_OPT_DECOMMIT & 1))
		read_option(r, HK_OPT_DECOMMIT, hk_span_of("free"));
}

static void read_variable(struct reader *r, enum variable v)
{
	struct hk_span value = hk_span_of(r->value[v]);

	memcpy(r->name, PREFIX, sizeof(PREFIX) - 1);
	strcpy(r->name + sizeof(PREFIX) - 1, variable[v].name);
	r->source = r->name;
	if (v == V_CONF)
		read_pairs(r, value, ',');
	else if (v == V_PROFILE)
		read_profile(r, value);
	else if (v == V_TARGET)
		read_target(r, value);
	else if (v != V_QUIET && v != V_DECOMMIT)
		read_option(r, (enum hk_option_id)variable[v].option, value);
	else if (v == V_DECOMMIT)
		read_lean(r);
}

/* ---- all of it ---- */

static void read_sources(struct reader *r)
{
	r->source = r->conf->file;
	r->number = 0;
	if (r->conf->text)
		read_pairs(r, (struct hk_span){ r->conf->text, r->conf->len },
			   '\n');
	r->number = 0;
	for (enum variable v = 0; v < VARIABLES; v++)
		if (is_set(r, v))
			read_variable(r, v);
		else if (v == V_DECOMMIT)
			read_lean(r);
}

void hk_conf_read(struct hk_conf *conf)
{
	struct reader r = { .conf = conf, .presets = true };
	size_t on;

	find_variables(&r);
	conf->problems = 0;
	conf->policy->quiet = is_set(&r, V_QUIET) &&
		!hk_option_parse(HK_OPT_OS_STATS,
				 hk_span_of(r.value[V_QUIET]), &on) && on;
	hk_option_reset(conf->policy, HK_BALANCED);
	read_sources(&r);
	hk_option_reset(conf->policy, (enum hk_preset)r.preset);
	r.presets = false;
	read_sources(&r);
	tell_rest(conf);
}
