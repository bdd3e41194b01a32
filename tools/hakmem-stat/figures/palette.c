/* SPDX-License-Identifier: MIT */
/*
 * palette.c - see palette.h.
 */
#include "figures/palette.h"

static const uint32_t colors[PALETTE_COLORS] = {
	[PALETTE_WHITE] = 0xffffff, [PALETTE_BLACK] = 0x000000,
	[PALETTE_FAINT] = 0x666666, [PALETTE_LINE] = 0xbbbbbb,
	[PALETTE_FREE] = 0xe4e4e4, [PALETTE_ORANGE] = 0xe69f00,
	[PALETTE_SKY] = 0x56b4e9, [PALETTE_GREEN] = 0x009e73,
	[PALETTE_YELLOW] = 0xf0e442, [PALETTE_BLUE] = 0x0072b2,
	[PALETTE_RED] = 0xd55e00, [PALETTE_PINK] = 0xcc79a7,
	[PALETTE_STEPS] =
	0xd0e11c, 0xa0da39, 0x73d056, 0x4ac16d, 0x2db27d, 0x1fa187, 0x21918c,
	0x277f8e, 0x2e6e8e, 0x365c8d, 0x3f4788, 0x46327e, 0x481b6d, 0x440154,
};

/* Three parts in ten of it, the rest white. */
static uint8_t lighter(uint8_t part)
{
	return (uint8_t)(255 - (255 - part) * 3 / 10);
}

struct palette_rgb palette_rgb(unsigned int color)
{
	uint32_t rgb = colors[color % PALETTE_COLORS];
	struct palette_rgb parts = { (uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8),
				     (uint8_t)rgb };

	if (color >= PALETTE_COLORS)
		parts = (struct palette_rgb){ lighter(parts.red),
			lighter(parts.green), lighter(parts.blue) };
	return parts;
}

/* Of a cube of six steps each way: 0, 95, 135, 175, 215, 255. */
static unsigned int step(uint8_t part)
{
	return part < 48 ? 0 : part < 115 ? 1 : (part - 35u) / 40;
}

unsigned int palette_terminal(unsigned int color)
{
	struct palette_rgb rgb = palette_rgb(color);

	return 16 + 36 * step(rgb.red) + 6 * step(rgb.green) +
		step(rgb.blue);
}

bool palette_is_dark(unsigned int color)
{
	struct palette_rgb rgb = palette_rgb(color);

	return 3 * rgb.red + 6 * rgb.green + rgb.blue < 1150;
}
