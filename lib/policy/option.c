/* SPDX-License-Identifier: MIT */
/*
 * option.c - see option.h: a small parser and its opposite for each type.
 */
#include "policy/option.h"

#include <string.h>

#define X(id, name, type, unit, changes, least, most, b, s, h, words, help) \
	{ name, words, HK_##type, changes, least, most, { b, s, h } },
const struct hk_option hk_option[HK_OPTIONS] = { HK_OPTION_TABLE(X) };
#undef X

#define X(id, name, type, unit, changes, least, most, b, s, h, words, help) \
	static_assert((HK_##type == HK_TEXT) ==				\
		      (HK_OPT_##id >= HK_FIRST_TEXT),			\
		      "texts are the last rows");			\
	static_assert(sizeof(name) <= HK_NAME_SIZE &&			\
		      sizeof(words) <= HK_WORDS_SIZE,			\
		      "an option's name or words are too long");
HK_OPTION_TABLE(X)
#undef X

/* ---- spans ---- */

struct hk_span hk_span_of(const char *s)
{
	return (struct hk_span){ s, strlen(s) };
}

/* The C library's depends on the locale. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(struct hk_span span, const char *word, size_t len)
{
	if (span.len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (lower(span.at[i]) != lower(word[i]))
			return false;
	return true;
}

bool hk_span_is(struct hk_span span, const char *word)
{
	return same(span, word, strlen(word));
}

static size_t word_len(const char *words)
{
	return strcspn(words, "|");
}

int hk_span_among(struct hk_span span, const char *words)
{
	for (int i = 0;; i++) {
		size_t len = word_len(words);

		if (same(span, words, len))
			return i;
		if (!words[len])
			return -EINVAL;
		words += len + 1;
	}
}

/* ---- names ---- */

int hk_option_find(struct hk_span name)
{
	for (int i = 0; i < HK_OPTIONS; i++)
		if (name.len == strlen(hk_option[i].name) &&
		    !memcmp(name.at, hk_option[i].name, name.len))
			return i;
	return -ENOENT;
}

#define NAME_MAX_LEN	(HK_NAME_SIZE + 4)

/* Insertions, deletions and replacements that make `word` of `name`. */
static size_t distance(struct hk_span name, const char *word)
{
	size_t row[NAME_MAX_LEN + 1];

	for (size_t i = 0; i <= name.len; i++)
		row[i] = i;
	for (size_t j = 0; word[j]; j++) {
		size_t corner = row[0];

		row[0] = j + 1;
		for (size_t i = 0; i < name.len; i++) {
			size_t change = corner +
				(lower(name.at[i]) != word[j]);

			corner = row[i + 1];
			row[i + 1] = hk_min(change,
					    hk_min(row[i], corner) + 1);
		}
	}
	return row[name.len];
}

int hk_option_nearest(struct hk_span name)
{
	size_t least = name.len / 3 + 1;
	int nearest = -ENOENT;

	if (name.len > NAME_MAX_LEN)
		return -ENOENT;
	for (int i = 0; i < HK_OPTIONS; i++) {
		size_t d = distance(name, hk_option[i].name);

		if (d < least || (d == least && nearest < 0)) {
			least = d;
			nearest = i;
		}
	}
	return nearest;
}

/* ---- from text ---- */

/* Takes the digits at the start of the text. */
static int take_digits(struct hk_span *text, size_t *n)
{
	size_t i = 0;

	for (*n = 0; i < text->len && text->at[i] >= '0' &&
		     text->at[i] <= '9'; i++)
		if (__builtin_mul_overflow(*n, 10, n) ||
		    __builtin_add_overflow(*n, (size_t)(text->at[i] - '0'), n))
			return -ERANGE;
	text->at += i;
	text->len -= i;
	return i ? 0 : -EINVAL;
}

static int times(size_t *n, size_t factor)
{
	return __builtin_mul_overflow(*n, factor, n) ? -ERANGE : 0;
}

/* "64M", "64MB" and "64MiB" are the same; so are "64" and "64B". */
static int parse_size(struct hk_span text, size_t *n)
{
	static const char units[] = "kmgt";
	const char *unit;
	int err = take_digits(&text, n);

	if (err || !text.len || hk_span_is(text, "B"))
		return err;
	unit = memchr(units, lower(text.at[0]), sizeof(units) - 1);
	text.at++;
	text.len--;
	if (!unit || (text.len && hk_span_among(text, "B|iB") < 0))
		return -EINVAL;
	return times(n, (size_t)1 << (unit - units + 1) * 10);
}

static int parse_ms(struct hk_span text, size_t *n)
{
	int err = take_digits(&text, n);

	if (err || !text.len || hk_span_is(text, "ms"))
		return err;
	return hk_span_is(text, "s") ? times(n, 1000) : -EINVAL;
}

/* At most one digit behind the point. */
static int parse_percent(struct hk_span text, size_t *n)
{
	size_t tenth = 0;
	int err = take_digits(&text, n);

	if (!err && text.len >= 2 && text.at[0] == '.' &&
	    text.at[1] >= '0' && text.at[1] <= '9') {
		tenth = (size_t)(text.at[1] - '0');
		text.at += 2;
		text.len -= 2;
	}
	if (!err && text.len && !hk_span_is(text, "%"))
		err = -EINVAL;
	if (!err)
		err = times(n, 10);
	if (!err && __builtin_add_overflow(*n, tenth, n))
		err = -ERANGE;
	return err;
}

static int parse_number(struct hk_span text, size_t *n)
{
	int err = take_digits(&text, n);

	return !err && text.len ? -EINVAL : err;
}

static int parse_word(struct hk_span text, const char *words, size_t *n)
{
	int i = hk_span_among(text, words);

	*n = (size_t)i;
	return i < 0 ? i : 0;
}

static int parse_bool(struct hk_span text, size_t *n)
{
	int err = parse_word(text, "0|1|off|on|no|yes|false|true", n);

	*n &= 1;
	return err;
}

int hk_option_parse(enum hk_option_id id, struct hk_span text, size_t *value)
{
	const struct hk_option *o = &hk_option[id];
	int err = -EINVAL;

	switch ((enum hk_option_type)o->type) {
	case HK_BOOL:
		return parse_bool(text, value);
	case HK_ENUM:
		return parse_word(text, o->words, value);
	case HK_SIZE:
		err = parse_size(text, value);
		break;
	case HK_PERCENT:
		err = parse_percent(text, value);
		break;
	case HK_MS:
		err = parse_ms(text, value);
		break;
	case HK_NUMBER:
		err = parse_number(text, value);
		break;
	case HK_TEXT:
		break;
	}
	if (!err && (*value < o->least || *value > o->most))
		err = -ERANGE;
	return err;
}

/* ---- policies ---- */

static void set(struct hk_policy *policy, enum hk_option_id id, size_t value)
{
	atomic_store_explicit(&policy->value[id], value,
			      memory_order_relaxed);
}

static int assign_text(struct hk_policy *policy, enum hk_option_id id,
		       struct hk_span text)
{
	char *to = policy->text[id - HK_FIRST_TEXT];

	if (text.len > hk_option[id].most)
		return -ERANGE;
	/* What is behind it would be lost. */
	if (memchr(text.at, '\0', text.len))
		return -EINVAL;
	memcpy(to, text.at, text.len);
	to[text.len] = '\0';
	return 0;
}

int hk_option_assign(struct hk_policy *policy, enum hk_option_id id,
		     struct hk_span text)
{
	size_t value;
	int err;

	if (hk_option[id].type == HK_TEXT) {
		err = assign_text(policy, id, text);
	} else {
		err = hk_option_parse(id, text, &value);
		if (!err)
			set(policy, id, value);
	}
	if (!err)
		policy->chosen |= (uint32_t)1 << id;
	return err;
}

bool hk_option_chosen(const struct hk_policy *policy, enum hk_option_id id)
{
	return policy->chosen >> id & 1;
}

void hk_option_propose(struct hk_policy *policy, enum hk_option_id id,
		       size_t value)
{
	if (!hk_option_chosen(policy, id))
		set(policy, id, value);
}

void hk_option_overrule(struct hk_policy *policy, enum hk_option_id id,
			size_t value)
{
	set(policy, id, value);
}

void hk_option_secure(struct hk_policy *policy)
{
	hk_option_overrule(policy, HK_OPT_BACKGROUND_THREAD, 0);
	hk_option_overrule(policy, HK_OPT_OS_STATS, 0);
	policy->text[HK_OPT_STATS_FILE - HK_FIRST_TEXT][0] = '\0';
}

static size_t sealed(size_t preset)
{
	return hk_option[HK_OPT_SEAL].preset[preset];
}

/* Blocks that exist stay as they are: sealed, or not. */
static bool may_change_to(const struct hk_policy *policy, size_t preset)
{
	size_t now = atomic_load_explicit(&policy->value[HK_OPT_PRESET],
					  memory_order_relaxed);
	size_t seal = atomic_load_explicit(&policy->value[HK_OPT_SEAL],
					   memory_order_relaxed);

	return sealed(preset) == sealed(now) || sealed(preset) == seal;
}

static void apply_preset(struct hk_policy *policy, size_t preset)
{
	for (int i = 0; i < HK_FIRST_TEXT; i++)
		if (hk_option[i].changes)
			hk_option_propose(policy, (enum hk_option_id)i,
					  hk_option[i].preset[preset]);
}

int hk_option_change(struct hk_policy *policy, enum hk_option_id id,
		     struct hk_span text)
{
	size_t preset;
	int err;

	if (!hk_option[id].changes)
		return -EPERM;
	if (id != HK_OPT_PRESET)
		return hk_option_assign(policy, id, text);
	err = hk_option_parse(id, text, &preset);
	if (!err && !may_change_to(policy, preset))
		err = -EPERM;
	if (!err)
		apply_preset(policy, preset);
	return err;
}

void hk_option_reset(struct hk_policy *policy, enum hk_preset preset)
{
	policy->chosen = 0;
	for (int i = 0; i < HK_FIRST_TEXT; i++)
		set(policy, (enum hk_option_id)i, hk_option[i].preset[preset]);
	for (int i = 0; i < HK_TEXTS; i++)
		policy->text[i][0] = '\0';
}

/* ---- to text ---- */

static void put_word(struct hk_line *line, const char *words, size_t n)
{
	char word[HK_WORDS_SIZE];
	size_t len;

	while (n--)
		words += word_len(words) + 1;
	len = word_len(words);
	memcpy(word, words, len);
	word[len] = '\0';
	hk_line_str(line, word);
}

static void put_size(struct hk_line *line, size_t n)
{
	const char *units = "TGMK";
	char unit[2] = { 0 };

	for (unsigned int shift = 40; shift; shift -= 10, units++) {
		if (!n || n & (((size_t)1 << shift) - 1))
			continue;
		n >>= shift;
		unit[0] = *units;
		break;
	}
	hk_line_num(line, n);
	hk_line_str(line, unit);
}

static void put_ms(struct hk_line *line, size_t n)
{
	bool whole = n && n % 1000 == 0;

	hk_line_num(line, whole ? n / 1000 : n);
	hk_line_str(line, whole ? "s" : "ms");
}

static void put_percent(struct hk_line *line, size_t n)
{
	hk_line_num(line, n / 10);
	if (n % 10) {
		hk_line_str(line, ".");
		hk_line_num(line, n % 10);
	}
	hk_line_str(line, "%");
}

void hk_option_put(struct hk_line *line, enum hk_option_id id, size_t value)
{
	switch ((enum hk_option_type)hk_option[id].type) {
	case HK_ENUM:
		put_word(line, hk_option[id].words, value);
		break;
	case HK_SIZE:
		put_size(line, value);
		break;
	case HK_PERCENT:
		put_percent(line, value);
		break;
	case HK_MS:
		put_ms(line, value);
		break;
	case HK_BOOL:
	case HK_NUMBER:
	case HK_TEXT:
		hk_line_num(line, value);
		break;
	}
}

void hk_option_put_of(struct hk_line *line, const struct hk_policy *policy,
		      enum hk_option_id id)
{
	if (hk_option[id].type == HK_TEXT)
		hk_line_str(line, policy->text[id - HK_FIRST_TEXT]);
	else
		hk_option_put(line, id, atomic_load_explicit(
				      &policy->value[id],
				      memory_order_relaxed));
}
