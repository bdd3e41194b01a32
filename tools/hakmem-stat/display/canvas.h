/* SPDX-License-Identifier: MIT */
/*
 * canvas.h - a picture in memory, a byte for each dot: its colour's number in
 * palette.h.  What is drawn beyond an edge is cut off.
 */
#ifndef STAT_CANVAS_H
#define STAT_CANVAS_H

#include <stdint.h>

struct canvas {
	int width, height;
	uint8_t *dots;		/* row by row */
};

/* All of one colour; at most CANVAS_MAX each way. */
#define CANVAS_MAX 16384
void canvas_start(struct canvas *canvas, int width, int height, uint8_t color);

void canvas_box(struct canvas *canvas, int x, int y, int width, int height,
		uint8_t color);

/*
 * A line of text, `scale` times as large as the font.  (x, y) is its left
 * upper corner.
 */
void canvas_text(struct canvas *canvas, int x, int y, int scale,
		 const char *text, uint8_t color);

/* The same, that ends in front of column `x`. */
void canvas_text_right(struct canvas *canvas, int x, int y, const char *text,
		       uint8_t color);

/* How wide it is. */
int canvas_text_width(const char *text, int scale);

void canvas_free(struct canvas *canvas);

#endif /* STAT_CANVAS_H */
