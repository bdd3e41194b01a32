/* SPDX-License-Identifier: MIT */
/*
 * hakmem_version() tells the version of the header it was built with, and
 * the header needs nothing but a C compiler.
 */
#include "hakmem.h"

#include "lib/check.h"

int main(void)
{
	struct check_line line;

	CHECK(strcmp(hakmem_version(), HAKMEM_VERSION_STRING) == 0);
	line.len = 0;
	check_num(&line, HAKMEM_VERSION_MAJOR);
	check_str(&line, ".");
	check_num(&line, HAKMEM_VERSION_MINOR);
	check_str(&line, ".");
	check_num(&line, HAKMEM_VERSION_PATCH);
	line.text[line.len] = '\0';
	CHECK(strcmp(line.text, HAKMEM_VERSION_STRING) == 0);
	CHECK(offsetof(struct hakmem_stats, size) == 0);
	CHECK(sizeof(((struct hakmem_stats *)0)->size) == 8);
	return 0;
}
