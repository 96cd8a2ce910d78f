/* SPDX-License-Identifier: MIT */
#include "ctl_table.h"

#include <string.h>

#include "ctl.h"

static void
put(const char *text, int column, int columns, const int *width)
{
	if (column + 1 == columns)
		out_fmt("%s\n", text);
	else
		out_fmt("%*s  ", width[column], text);
}

void
table_print(const char *const *heads, int columns, size_t rows,
	    void (*cell)(size_t row, int column, char *buf, size_t cap))
{
	int width[TABLE_COLUMNS_MAX];
	char text[TABLE_CELL_MAX];

	for (int c = 0; c < columns; c++) {
		width[c] = (int)strlen(heads[c]);
		for (size_t i = 0; i < rows; i++) {
			cell(i, c, text, sizeof text);
			if ((int)strlen(text) > width[c])
				width[c] = (int)strlen(text);
		}
	}
	for (int c = 0; c < columns; c++)
		put(heads[c], c, columns, width);
	for (size_t i = 0; i < rows; i++)
		for (int c = 0; c < columns; c++) {
			cell(i, c, text, sizeof text);
			put(text, c, columns, width);
		}
}
