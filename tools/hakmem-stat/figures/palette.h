/* SPDX-License-Identifier: MIT */
/*
 * palette.h - the colours of the map, on a terminal and in a picture: those
 * that Okabe and Ito chose to be told apart by people who do not see red or
 * green (2008), and steps of viridis, whose lightness alone tells the order.
 */
#ifndef STAT_PALETTE_H
#define STAT_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

enum palette_color {
	PALETTE_WHITE,
	PALETTE_BLACK,
	PALETTE_FAINT,		/* text that is less important */
	PALETTE_LINE,
	PALETTE_FREE,		/* memory that nobody uses */
	PALETTE_ORANGE,
	PALETTE_SKY,
	PALETTE_GREEN,
	PALETTE_YELLOW,
	PALETTE_BLUE,
	PALETTE_RED,
	PALETTE_PINK,
	PALETTE_STEPS,		/* the lightest of PALETTE_STEP_COUNT */
};

#define PALETTE_STEP_COUNT	14
#define PALETTE_COLORS		(PALETTE_STEPS + PALETTE_STEP_COUNT)

/* A colour of that number and PALETTE_COLORS is the same, lighter. */
#define PALETTE_ALL		(2 * PALETTE_COLORS)

struct palette_rgb {
	uint8_t red, green, blue;
};

struct palette_rgb palette_rgb(unsigned int color);

/* The nearest one of a terminal with 256 colours. */
unsigned int palette_terminal(unsigned int color);

/* Is white text on it better to read than black one? */
bool palette_is_dark(unsigned int color);

#endif /* STAT_PALETTE_H */
