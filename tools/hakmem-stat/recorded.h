/* SPDX-License-Identifier: MIT */
/*
 * recorded.h - prints what is in a recording, for "hakmem-stat report".
 */
#ifndef STAT_RECORDED_H
#define STAT_RECORDED_H

#include "print.h"
#include "recording.h"

/*
 * A table or JSON has each figure's first, last, least and most value, or, of
 * a counter, how much it rose in a second.  CSV has a row for each sample.
 */
void recorded_print(enum print_format format,
		    const struct recording *recording);

#endif /* STAT_RECORDED_H */
