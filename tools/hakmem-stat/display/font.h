/* SPDX-License-Identifier: MIT */
/*
 * font.h - the letters of a picture: printable ASCII, all of one width.
 */
#ifndef STAT_FONT_H
#define STAT_FONT_H

#include <stdbool.h>

#define FONT_WIDTH	8
#define FONT_ROWS	12	/* of them with dots; a line has one more */
#define FONT_HEIGHT	13

/* Is there a dot of the letter in column `x` of row `y`, from the top? */
bool font_dot(char c, int x, int y);

#endif /* STAT_FONT_H */
