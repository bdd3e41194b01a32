/* SPDX-License-Identifier: MIT */
/*
 * exposition.c - see exposition.h.
 */
#include "exposition.h"

#include <stddef.h>

/* ---- texts ---- */

static bool within(unsigned char byte, unsigned char least,
		   unsigned char most)
{
	return byte >= least && byte <= most;
}

/*
 * How many bytes the character at `s` has; 0 where there is no valid one: an
 * encoding too long, half of a surrogate, above U+10FFFF.
 */
static size_t character(const unsigned char *s)
{
	unsigned char least = 0x80, most = 0xbf;

	if (s[0] < 0x80)
		return 1;
	if (within(s[0], 0xc2, 0xdf))
		return within(s[1], least, most) ? 2 : 0;
	if (s[0] == 0xe0)
		least = 0xa0;
	else if (s[0] == 0xed)
		most = 0x9f;
	else if (s[0] == 0xf0)
		least = 0x90;
	else if (s[0] == 0xf4)
		most = 0x8f;
	if (within(s[0], 0xe0, 0xef))
		return within(s[1], least, most) &&
			within(s[2], 0x80, 0xbf) ? 3 : 0;
	if (within(s[0], 0xf0, 0xf4))
		return within(s[1], least, most) &&
			within(s[2], 0x80, 0xbf) &&
			within(s[3], 0x80, 0xbf) ? 4 : 0;
	return 0;
}

/* Of one byte, or of the two from U+0080 to U+009F. */
static bool is_control(const unsigned char *s, size_t len)
{
	if (len == 1)
		return s[0] < ' ' || s[0] == 0x7f;
	return len == 2 && s[0] == 0xc2 && s[1] < 0xa0;
}

static void put_text(FILE *out, const char *text, bool quoted)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t len = character(s);

		if (*s == '\n')
			fputs("\\n", out);
		else if (*s == '\\' || (*s == '"' && quoted))
			fprintf(out, "\\%c", *s);
		else if (!len || is_control(s, len))
			fputs("\357\277\275", out);
		else
			fwrite(s, 1, len, out);
		s += len ? len : 1;
	}
}

void exposition_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	put_text(out, value, true);
	fputc('"', out);
}

/* ---- families ---- */

static void put_head(const struct exposition *to,
		     const struct exposition_family *family)
{
	bool counter = family->type == EXPOSITION_COUNTER;
	const char *suffix = counter && !to->openmetrics ? "_total" : "";

	fprintf(to->out, "# HELP %s%s ", family->name, suffix);
	put_text(to->out, family->help, to->openmetrics);
	fprintf(to->out, "\n# TYPE %s%s %s\n", family->name, suffix,
		counter ? "counter" : "gauge");
	if (to->openmetrics && *family->unit)
		fprintf(to->out, "# UNIT %s %s\n", family->name,
			family->unit);
}

void exposition_sample(struct exposition *to,
		       const struct exposition_family *family,
		       const char *labels, const char *more,
		       const char *value)
{
	if (to->begun != family)
		put_head(to, family);
	to->begun = family;
	fputs(family->name, to->out);
	if (family->type == EXPOSITION_COUNTER)
		fputs("_total", to->out);
	if (*labels || *more)
		fprintf(to->out, "{%s%s%s}", labels,
			*labels && *more ? "," : "", more);
	fprintf(to->out, " %s\n", value);
}

void exposition_end(struct exposition *to)
{
	if (to->openmetrics)
		fputs("# EOF\n", to->out);
}
