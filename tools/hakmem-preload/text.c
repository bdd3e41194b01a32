/* SPDX-License-Identifier: MIT */
/*
 * text.c - see text.h.
 */
#define _GNU_SOURCE
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *text_resize(void *ptr, size_t count, size_t size)
{
	void *to = reallocarray(ptr, count ? count : 1, size);

	if (!to)
		text_no_memory();
	return to;
}

void *text_room(size_t len)
{
	return text_resize(NULL, len, 1);
}

char *text_copy(const char *text, size_t len)
{
	char *copy = text_room(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *text_format(const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		text_no_memory();
	return text;
}

const char *text_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
