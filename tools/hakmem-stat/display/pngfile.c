/* SPDX-License-Identifier: MIT */
/*
 * pngfile.c - see pngfile.h.  The picture has few colours: a palette makes the
 * file small.
 *
 * configure defines HAVE_LIBPNG where libpng is found.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "display/pngfile.h"

#include "common/util.h"
#include "figures/palette.h"

#include <stdlib.h>
#include <string.h>

#if HAVE_LIBPNG
#include <png.h>

const bool pngfile_built = true;

struct buffer {
	char *bytes;
	size_t len, room;
};

static void append(png_structp png, png_bytep bytes, size_t len)
{
	struct buffer *buffer = png_get_io_ptr(png);

	if (len > buffer->room - buffer->len) {
		buffer->room = 2 * buffer->room + len;
		buffer->bytes = util_resize(buffer->bytes, buffer->room, 1);
	}
	memcpy(buffer->bytes + buffer->len, bytes, len);
	buffer->len += len;
}

static void flush(png_structp png)
{
	(void)png;
}

/* Of what libpng does not like, this program makes nothing. */
__attribute__((noreturn))
static void fails(png_structp png, png_const_charp message)
{
	(void)png;
	util_die(util_trouble, "libpng: %s", message);
}

static void warns(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static void put_palette(png_structp png, png_infop info)
{
	png_color colors[PALETTE_ALL];

	for (unsigned int i = 0; i < PALETTE_ALL; i++) {
		struct palette_rgb rgb = palette_rgb(i);

		colors[i] = (png_color){ rgb.red, rgb.green, rgb.blue };
	}
	png_set_PLTE(png, info, colors, PALETTE_ALL);
}

static void put_texts(png_structp png, png_infop info, const char *title)
{
	static char keys[2][9] = { "Title", "Software" };
	static char software[] = "hakmem-stat";
	char *copy = util_copy(title, strlen(title));
	png_text texts[2] = {
		{ .compression = PNG_TEXT_COMPRESSION_NONE, .key = keys[0],
		  .text = copy },
		{ .compression = PNG_TEXT_COMPRESSION_NONE, .key = keys[1],
		  .text = software },
	};

	png_set_text(png, info, texts, 2);
	free(copy);
}

char *pngfile_make(const struct canvas *canvas, const char *title, size_t *len)
{
	struct buffer buffer = { NULL, 0, 0 };
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL,
						  fails, warns);
	png_infop info = png ? png_create_info_struct(png) : NULL;

	if (!info)
		util_die(util_trouble, "out of memory");
	png_set_write_fn(png, &buffer, append, flush);
	png_set_IHDR(png, info, (png_uint_32)canvas->width,
		     (png_uint_32)canvas->height, 8, PNG_COLOR_TYPE_PALETTE,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	png_set_compression_level(png, 9);
	put_palette(png, info);
	put_texts(png, info, title);
	png_write_info(png, info);
	for (int y = 0; y < canvas->height; y++)
		png_write_row(png, canvas->dots +
			      (size_t)y * (size_t)canvas->width);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	*len = buffer.len;
	return buffer.bytes;
}

#else

const bool pngfile_built = false;

/* Never called: the command refuses. */
char *pngfile_make(const struct canvas *canvas, const char *title, size_t *len)
{
	(void)canvas;
	(void)title;
	(void)len;
	abort();
}

#endif
