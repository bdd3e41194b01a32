/* SPDX-License-Identifier: MIT */
/*
 * text.h - text in memory of the caller's, for the files that hakmem-stat has
 * as well.
 */
#ifndef PRELOAD_TEXT_H
#define PRELOAD_TEXT_H

#include <stddef.h>

/* Each program has its own: says so, and ends it. */
__attribute__((noreturn))
void text_no_memory(void);

/* Never NULL; text_no_memory() where there is none. */
void *text_room(size_t len);
void *text_resize(void *ptr, size_t count, size_t size);
char *text_copy(const char *text, size_t len);
__attribute__((format(printf, 1, 2)))
char *text_format(const char *format, ...);

/* What stands behind the last slash. */
const char *text_base_name(const char *path);

#endif /* PRELOAD_TEXT_H */
