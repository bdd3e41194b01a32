/* SPDX-License-Identifier: MIT */
/*
 * scan.c - see scan.h: RFC 8259, by a function for each of its rules.  Each
 * returns false at the first byte that does not fit, where `at` is then.
 */
#include "common/scan.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX	16

typedef char scan_text[SCAN_TEXT_MAX + 1];

struct scan {
	const char *at;
	scan_tell *tell;
	void *arg;
	int depth;
};

static bool value(struct scan *s, const char *within, const char *name);

static void blanks(struct scan *s)
{
	s->at += strspn(s->at, " \t\r\n");
}

static bool take(struct scan *s, char c)
{
	blanks(s);
	if (*s->at != c)
		return false;
	s->at++;
	return true;
}

/* ---- strings ---- */

static void put(scan_text text, size_t *len, char c)
{
	if (*len < SCAN_TEXT_MAX)
		text[(*len)++] = c;
}

/* Four digits; what is no ASCII becomes "?": names of ours have none. */
static bool code(struct scan *s, char *c)
{
	unsigned int n = 0;

	for (int i = 0; i < 4; i++) {
		int digit = tolower((unsigned char)*s->at);

		if (!isxdigit(digit))
			return false;
		n = n * 16 + (unsigned int)(digit <= '9' ? digit - '0' :
					    digit - 'a' + 10);
		s->at++;
	}
	*c = n > 0 && n < 0x80 ? (char)n : '?';
	return true;
}

/* Behind the backslash. */
static bool escape(struct scan *s, char *c)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	const char *letter = *s->at ? strchr(letters, *s->at) : NULL;

	if (letter) {
		*c = meant[letter - letters];
		s->at++;
		return true;
	}
	if (*s->at != 'u')
		return false;
	s->at++;
	return code(s, c);
}

static bool string(struct scan *s, scan_text text)
{
	size_t len = 0;

	if (!take(s, '"'))
		return false;
	while (*s->at != '"') {
		char c = *s->at;

		if ((unsigned char)c < ' ')
			return false;
		s->at++;
		if (c == '\\' && !escape(s, &c))
			return false;
		put(text, &len, c);
	}
	s->at++;
	text[len] = '\0';
	return true;
}

/* ---- the others ---- */

/* -?[0-9]+ without a 0 in front, a fraction, an exponent. */
static bool number(struct scan *s)
{
	static const char digits[] = "0123456789";
	size_t n;

	s->at += *s->at == '-';
	n = strspn(s->at, digits);
	if (!n || (n > 1 && *s->at == '0'))
		return false;
	s->at += n;
	if (*s->at == '.') {
		s->at++;
		n = strspn(s->at, digits);
		s->at += n;
		if (!n)
			return false;
	}
	if (*s->at == 'e' || *s->at == 'E') {
		s->at++;
		s->at += *s->at == '-' || *s->at == '+';
		n = strspn(s->at, digits);
		s->at += n;
		if (!n)
			return false;
	}
	return true;
}

static bool word(struct scan *s)
{
	static const char *const words[] = { "null", "true", "false" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(s->at, words[i], strlen(words[i]))) {
			s->at += strlen(words[i]);
			return true;
		}
	return number(s);
}

static bool members(struct scan *s, const char *within)
{
	scan_text name;

	if (take(s, '}'))
		return true;
	do {
		blanks(s);
		if (!string(s, name) || !take(s, ':') ||
		    !value(s, within, name))
			return false;
	} while (take(s, ','));
	return take(s, '}');
}

static bool elements(struct scan *s, const char *within, const char *name)
{
	if (take(s, ']'))
		return true;
	do {
		if (!value(s, within, name))
			return false;
	} while (take(s, ','));
	return take(s, ']');
}

static bool nested(struct scan *s, const char *within, const char *name)
{
	bool object = *s->at == '{';
	bool ok;

	if (s->depth == DEPTH_MAX)
		return false;
	s->depth++;
	s->at++;
	ok = object ? members(s, name) : elements(s, within, name);
	s->depth--;
	return ok;
}

static bool value(struct scan *s, const char *within, const char *name)
{
	struct scan_leaf leaf = { .within = within, .name = name };
	scan_text text;
	const char *start;
	size_t len;

	blanks(s);
	start = s->at;
	if (*start == '{' || *start == '[')
		return nested(s, within, name);
	leaf.is_string = *start == '"';
	if (leaf.is_string ? !string(s, text) : !word(s))
		return false;
	if (!leaf.is_string) {
		len = (size_t)(s->at - start);
		len = len < SCAN_TEXT_MAX ? len : SCAN_TEXT_MAX;
		memcpy(text, start, len);
		text[len] = '\0';
	}
	leaf.text = text;
	s->tell(s->arg, &leaf);
	return true;
}

size_t scan_object(const char *text, scan_tell *tell, void *arg)
{
	struct scan s = { .at = text, .tell = tell, .arg = arg };
	bool ok;

	blanks(&s);
	ok = *s.at == '{' && nested(&s, "", "");
	if (ok)
		blanks(&s);
	return ok && !*s.at ? 0 : (size_t)(s.at - text) + 1;
}
