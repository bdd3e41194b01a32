/* SPDX-License-Identifier: MIT */
/*
 * batch.h - "hakmem-stat top --batch": a look as a plain table, CSV or JSON.
 */
#ifndef STAT_BATCH_H
#define STAT_BATCH_H

#include "display/print.h"
#include "top/view.h"

#include <stdbool.h>

/* Prints it on standard output; `first`: none was printed before. */
void batch_print(enum print_format format, const struct view *view,
		 bool first);

#endif /* STAT_BATCH_H */
