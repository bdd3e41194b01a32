/* SPDX-License-Identifier: MIT */
/*
 * canvas.c - see canvas.h.
 */
#include "display/canvas.h"

#include "common/util.h"
#include "display/font.h"

#include <stdlib.h>
#include <string.h>

static int within(int n, int least, int most)
{
	return n < least ? least : n > most ? most : n;
}

void canvas_start(struct canvas *canvas, int width, int height, uint8_t color)
{
	canvas->width = within(width, 1, CANVAS_MAX);
	canvas->height = within(height, 1, CANVAS_MAX);
	canvas->dots = util_resize(NULL, (size_t)canvas->width,
				   (size_t)canvas->height);
	memset(canvas->dots, color,
	       (size_t)canvas->width * (size_t)canvas->height);
}

void canvas_box(struct canvas *canvas, int x, int y, int width, int height,
		uint8_t color)
{
	int left = within(x, 0, canvas->width);
	int right = within(x + width, left, canvas->width);
	int top = within(y, 0, canvas->height);
	int bottom = within(y + height, top, canvas->height);

	for (int row = top; row < bottom; row++)
		memset(canvas->dots + (size_t)row * (size_t)canvas->width +
		       left, color, (size_t)(right - left));
}

static void letter(struct canvas *canvas, int x, int y, int scale, char c,
		   uint8_t color)
{
	for (int row = 0; row < FONT_ROWS; row++)
		for (int column = 0; column < FONT_WIDTH; column++)
			if (font_dot(c, column, row))
				canvas_box(canvas, x + column * scale,
					   y + row * scale, scale, scale,
					   color);
}

void canvas_text(struct canvas *canvas, int x, int y, int scale,
		 const char *text, uint8_t color)
{
	for (; *text; text++, x += FONT_WIDTH * scale)
		letter(canvas, x, y, scale, *text, color);
}

void canvas_text_right(struct canvas *canvas, int x, int y, const char *text,
		       uint8_t color)
{
	canvas_text(canvas, x - canvas_text_width(text, 1), y, 1, text,
		    color);
}

int canvas_text_width(const char *text, int scale)
{
	return (int)strlen(text) * FONT_WIDTH * scale;
}

void canvas_free(struct canvas *canvas)
{
	free(canvas->dots);
	*canvas = (struct canvas){ 0 };
}
